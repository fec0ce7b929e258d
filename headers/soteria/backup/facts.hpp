// The keys under which an operation's record keeps what it resolved and made.
#pragma once

#include <string_view>

namespace soteria::backup::facts {

// "true": an HTTP request was admitted with this record, so what the record says it resolved to can be believed.
inline constexpr std::string_view accepted = "accepted";

// Both
inline constexpr std::string_view volume = "volume";     // backup: the source's; restore: the new one's
inline constexpr std::string_view snapshot = "snapshot"; // backup: the name that we give
inline constexpr std::string_view backup = "backup";     // the driver's own name of the backup
inline constexpr std::string_view backup_url = "backup_url";
// Backup: Longhorn said yes to it at this time (RFC 3339); it must not be asked again.
inline constexpr std::string_view backup_requested_at = "backup_requested_at";

// Restore: what the new volume, PV and claim are made from
inline constexpr std::string_view backup_created_at = "backup_created_at"; // time of the data
inline constexpr std::string_view source_volume = "source_volume";
inline constexpr std::string_view size_bytes = "size_bytes";
inline constexpr std::string_view replicas = "replicas";
inline constexpr std::string_view data_engine = "data_engine";
inline constexpr std::string_view longhorn_access_mode = "longhorn_access_mode"; // rwo, rwx, rwop
inline constexpr std::string_view access_modes = "access_modes";                 // comma-separated
inline constexpr std::string_view encrypted = "encrypted";                       // "true" or absent
inline constexpr std::string_view backing_image = "backing_image";
inline constexpr std::string_view storage_class = "storage_class";
inline constexpr std::string_view volume_mode = "volume_mode";
inline constexpr std::string_view csi = "csi";                     // JSON: fsType, volumeAttributes, secret references
inline constexpr std::string_view mount_options = "mount_options"; // JSON array
inline constexpr std::string_view source_labels = "source_labels"; // JSON object: the source PVC's labels
inline constexpr std::string_view claim_uid = "claim_uid";
inline constexpr std::string_view persistent_volume_uid = "persistent_volume_uid";

// restic: the Job's and its Secret's names; the catalogue joins backups by these (catalogue_join.hpp), together with
// `backup` (the snapshot's id), `backup_created_at` and `size_bytes`.
inline constexpr std::string_view job_name = "job_name";
inline constexpr std::string_view secret = "secret";
inline constexpr std::string_view pvc_uid = "pvc_uid";       // of the source
inline constexpr std::string_view repository = "repository"; // the short hash of where the backup went
inline constexpr std::string_view incomplete = "incomplete"; // a sentence; absent: the backup is complete
// Where a restore's volume is mounted: below /restore, at the snapshot's own path.
inline constexpr std::string_view mount_path = "mount_path";
// When the mark of an incomplete backup was set (RFC 3339); the next listing tells the id that it gave the snapshot.
inline constexpr std::string_view marked_at = "marked_at";
// How often the mark of an incomplete backup was tried.
inline constexpr std::string_view mark_attempts = "mark_attempts";
// Of a restore test whose request left the PVC to the snapshot.
inline constexpr std::string_view source_pvc = "source_pvc";
// A backup's size: files and bytes read, and bytes that were new to the repository.
inline constexpr std::string_view files = "files";
inline constexpr std::string_view bytes = "bytes";
inline constexpr std::string_view bytes_added = "bytes_added";
// "true": a backup's Job was stopped while restic may have been at its end.
inline constexpr std::string_view interrupted = "interrupted";
// Since when the repository is searched for a snapshot whose Job is gone (RFC 3339).
inline constexpr std::string_view searching_since = "searching_since";
// An undone claim's volume whose class keeps it.
inline constexpr std::string_view kept_volume = "kept_volume";
// Who carries the operation out, for a record that does not name its driver.
inline constexpr std::string_view driver = "driver";
// What a restore proved: "true", and what was written in how long.
inline constexpr std::string_view verified = "verified";
inline constexpr std::string_view restored_files = "restored_files";
inline constexpr std::string_view restored_bytes = "restored_bytes";
inline constexpr std::string_view seconds = "seconds"; // a decimal

} // namespace soteria::backup::facts
