locals {
  # A region's own stacks may stand in this region too, under the environment's plain name.
  edge_name = "${var.name}-edge"
}
