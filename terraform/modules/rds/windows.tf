# Both windows in minutes, so that a precondition sees whether they overlap. (A validation would go in a circle.)
locals {
  _days              = { mon = 0, tue = 1440, wed = 2880, thu = 4320, fri = 5760, sat = 7200, sun = 8640 }
  _week              = 10080
  _backup_edges      = [for edge in split("-", var.backup.window) : tonumber(split(":", edge)[0]) * 60 + tonumber(split(":", edge)[1])]
  _maintenance_edges = [for edge in split("-", var.maintenance_window) : local._days[split(":", edge)[0]] + tonumber(split(":", edge)[1]) * 60 + tonumber(split(":", edge)[2])]

  backup_minutes = {
    start  = local._backup_edges[0]
    length = (local._backup_edges[1] - local._backup_edges[0] + 1440) % 1440
  }
  maintenance_minutes = {
    start  = local._maintenance_edges[0]
    length = (local._maintenance_edges[1] - local._maintenance_edges[0] + local._week) % local._week
  }

  # A backup begins on every day; two windows overlap when one begins within the other.
  windows_overlap = anytrue([
    for midnight in values(local._days) :
    (midnight + local.backup_minutes.start - local.maintenance_minutes.start + local._week) % local._week < local.maintenance_minutes.length ||
    (local.maintenance_minutes.start - midnight - local.backup_minutes.start + 2 * local._week) % local._week < local.backup_minutes.length
  ])
}
