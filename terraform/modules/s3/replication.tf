locals {
  replications = var.replication == null ? [] : [var.replication]
  replicated   = try(var.replication.bucket_arns, {})

  # S3 names the bucket in a bucket key's encryption context and the object in any other.
  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-config-for-kms-objects.html
  source_arns      = [for purpose in keys(local.replicated) : "arn:aws:s3:::${var.buckets[purpose].name}"]
  destination_arns = values(local.replicated)
}

resource "aws_iam_role" "replication" {
  count = length(local.replications)

  name        = "${var.name}-replication-${var.region}"
  description = "Lets S3 copy the shop's objects from ${var.region} to ${local.replications[0].region}."
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "s3.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })

  tags = merge(var.tags, { Name = "${var.name}-replication-${var.region}" })
}

resource "aws_iam_role_policy" "replication" {
  count = length(local.replications)

  name = "replicate"
  role = aws_iam_role.replication[0].name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ReadSourceBuckets"
        Effect   = "Allow"
        Action   = ["s3:GetReplicationConfiguration", "s3:ListBucket"]
        Resource = local.source_arns
      },
      {
        Sid      = "ReadSourceVersions"
        Effect   = "Allow"
        Action   = ["s3:GetObjectVersionAcl", "s3:GetObjectVersionForReplication", "s3:GetObjectVersionTagging"]
        Resource = formatlist("%s/*", local.source_arns)
      },
      {
        Sid      = "WriteReplicas"
        Effect   = "Allow"
        Action   = ["s3:ReplicateDelete", "s3:ReplicateObject", "s3:ReplicateTags"]
        Resource = formatlist("%s/*", local.destination_arns)
      },
      {
        Sid      = "DecryptSources"
        Effect   = "Allow"
        Action   = "kms:Decrypt"
        Resource = var.kms_key_arn
        Condition = { StringLike = {
          "kms:ViaService"                   = "s3.${var.region}.amazonaws.com"
          "kms:EncryptionContext:aws:s3:arn" = concat(local.source_arns, formatlist("%s/*", local.source_arns))
        } }
      },
      {
        Sid      = "EncryptReplicas"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"] # decrypt checks a bucket key before its use
        Resource = local.replications[0].kms_key_arn
        Condition = { StringLike = {
          "kms:ViaService"                   = "s3.${local.replications[0].region}.amazonaws.com"
          "kms:EncryptionContext:aws:s3:arn" = concat(local.destination_arns, formatlist("%s/*", local.destination_arns))
        } }
      },
    ]
  })
}

resource "aws_s3_bucket_replication_configuration" "this" {
  for_each = local.replicated

  bucket = aws_s3_bucket.this[each.key].id
  role   = aws_iam_role.replication[0].arn

  rule {
    id       = "to-${local.replications[0].region}"
    priority = 0
    status   = "Enabled"

    filter {}

    delete_marker_replication {
      status = "Enabled"
    }

    source_selection_criteria {
      sse_kms_encrypted_objects {
        status = "Enabled"
      }
    }

    destination {
      bucket = each.value

      encryption_configuration {
        replica_kms_key_id = local.replications[0].kms_key_arn
      }

      metrics {
        status = "Enabled"
      }
    }
  }

  depends_on = [aws_iam_role_policy.replication, aws_s3_bucket_versioning.this]
}
