// Names: which ones Kubernetes accepts, and which ones we give.
#pragma once

#include <soteria/base/result.hpp>
#include <soteria/base/time.hpp>
#include <soteria/domain/pvc.hpp>

#include <string>
#include <string_view>

namespace soteria::domain {

// RFC 1123 label: at most 63 of a-z 0-9 -, no dash at either end. Namespaces.
bool is_dns_label(std::string_view name);
// RFC 1123 subdomain: labels joined by dots, at most 253 characters. PVCs, storage classes.
bool is_dns_subdomain(std::string_view name);
// A label key ("prefix/name" or "name") as Kubernetes and Longhorn accept it.
bool is_qualified_name(std::string_view name);

// errc::invalid with a sentence that names the field and what is allowed, or success.
result<void> check_namespace(std::string_view field, std::string_view name);
result<void> check_pvc_name(std::string_view field, std::string_view name);

// "soteria-backup-<namespace>-<pvc>-<YYYYMMDD>-<HHMMSS>": the Longhorn snapshot and the Backup record. At most 200
// characters: Longhorn makes file names of it. With `distinction` a short hash of it is added, for a name that would
// collide (same second; ai-llm + cache = ai + llm-cache).
std::string backup_name(const pvc_ref& pvc, instant when, std::string_view distinction = {});

// "soteria-restore-<target pvc>-<stamp>-<5 characters of a hash of `distinction`>": the Restore record.
std::string restore_name(const pvc_ref& target, instant when, std::string_view distinction);

// "soteria-<role>-<pvc>-<stamp>" with "backup" or "restore" as the role: the Job that runs restic. At most 63
// characters, as it becomes a label of the Job's Pods; a longer PVC name is shortened with a stable hash. With
// `distinction` a short hash of it is added, for a name that is taken.
std::string job_name(std::string_view role, const pvc_ref& pvc, instant when, std::string_view distinction = {});

// The Longhorn volume and the PV of a restore: "soteria-" and 26 characters of the record's uid (34 of Longhorn's 40),
// never reused.
std::string volume_name(std::string_view record_uid);

// The Lease that stands for "one running backup of this PVC" / "one restore into this target".
std::string slot_name(std::string_view kind, const pvc_ref& pvc);

} // namespace soteria::domain
