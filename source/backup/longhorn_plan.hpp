// Requests resolved and checked in full: what a dry run shows, and what an accepted request records.
#pragma once

#include <soteria/backup/longhorn_driver.hpp>

namespace soteria::backup {

boost::asio::awaitable<result<domain::plan>> plan_longhorn_backup(longhorn_world& world, longhorn_settings settings,
                                                                  domain::operation_request request,
                                                                  async::deadline until);

boost::asio::awaitable<result<domain::plan>>
plan_longhorn_restore(longhorn_world& world, domain::operation_request request, async::deadline until);

} // namespace soteria::backup
