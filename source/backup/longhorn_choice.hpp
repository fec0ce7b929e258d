// Which backup a restore request means.
#pragma once

#include "longhorn_source.hpp"

namespace soteria::backup {

// not_found: pvc_not_found, no_backup. unprocessable: backup_not_completed, foreign_backup.
boost::asio::awaitable<result<longhorn::backup>>
choose_backup(longhorn_world& world, longhorn_source source, domain::operation_request request, async::deadline until);

} // namespace soteria::backup
