// The rows of /readyz.
#pragma once

#include "caches.hpp"

#include <soteria/base/time.hpp>
#include <soteria/inventory/keeper.hpp>
#include <soteria/longhorn/poller.hpp>
#include <soteria/restic/catalogue.hpp>
#include <soteria/web/services.hpp>

#include <functional>
#include <string>

namespace soteria::app {

// A check that remembers since when it says what it says (as far as it was asked). `trouble` returns a sentence without
// URLs and secrets, or nothing if all is well. Whatever it refers to outlives the check.
web::readiness_check remembered(std::string name, bool required, const clock& time,
                                std::function<std::string()> trouble);

// Empty: all is well.
std::string longhorn_trouble(const longhorn::picture& picture);
std::string backup_target_trouble(const longhorn::picture& picture);
std::string repository_trouble(const restic::catalogue& catalogue);

} // namespace soteria::app
