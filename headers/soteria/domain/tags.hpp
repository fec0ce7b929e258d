// The "tags" of a backup request: as labels of a Longhorn backup, as tags of a restic snapshot.
#pragma once

#include <soteria/base/result.hpp>

#include <map>
#include <string>
#include <vector>

namespace soteria::domain {

// Shape alone: at most 32, each 1 to 256 bytes. errc::invalid otherwise.
result<void> check_tags(const std::vector<std::string>& tags);

// "key=value" (the first "=" splits), "key" = "true". errc::invalid: empty value, duplicate or illegal key.
// errc::unprocessable: a reserved key (KubernetesStatus, RecurringJob, ranchervm-base-image, longhorn.io/*,
// soteria.dev/*). Each message names the tag.
result<std::map<std::string, std::string>> tags_to_labels(const std::vector<std::string>& tags);

// The other way, without the labels that Longhorn and we add ourselves.
std::vector<std::string> labels_to_tags(const std::map<std::string, std::string>& labels);

// As tags of a restic snapshot they stay what they are. errc::invalid: what check_tags() refuses, a comma (restic takes
// it for two tags), the prefix "soteria:" (ours), or a control character. The message names the tag.
result<void> check_restic_tags(const std::vector<std::string>& tags);

} // namespace soteria::domain
