// Several drivers at once: who carries out what names nobody, and what all of them have of one PVC.
#pragma once

#include <soteria/async/deadline.hpp>
#include <soteria/backup/driver.hpp>
#include <soteria/base/result.hpp>
#include <soteria/domain/backup_entry.hpp>
#include <soteria/domain/operation.hpp>

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <string_view>

namespace soteria::operations {

// "" is the configured driver; null: there is none of that name. All outlive whoever looks them up.
using driver_lookup = std::function<backup::driver*(std::string_view name)>;

// The driver that the request names; else for a restore the one whose backup it means (the newest complete one for
// "latest"), as far as the lists tell; else the configured one. unprocessable (driver_not_configured).
boost::asio::awaitable<result<backup::driver*>> choose_driver(driver_lookup find, domain::operation_kind kind,
                                                              domain::operation_request request, async::deadline until);

// All drivers' backups of a PVC, newest first; `latest` is the newest of the drivers' own. Where one driver cannot tell
// and another has backups, the list says so in its warnings; where none has any, that failure is the answer.
boost::asio::awaitable<result<domain::backup_list>> joined_backups(driver_lookup find, domain::pvc_ref pvc,
                                                                   async::deadline until);

} // namespace soteria::operations
