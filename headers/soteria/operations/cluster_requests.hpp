// request_service over the cluster: plan, slot, record.
#pragma once

#include <soteria/backup/driver.hpp>
#include <soteria/base/time.hpp>
#include <soteria/operations/driver_choice.hpp>
#include <soteria/operations/record_store.hpp>
#include <soteria/operations/requests.hpp>
#include <soteria/operations/slots.hpp>

#include <functional>
#include <string>
#include <vector>

namespace soteria::operations {

// The driver's answer for holders of slots: asks the cache, else the cluster.
slots::holder_lookup holder_lookup_in(record_store& records);

class cluster_requests final : public request_service {
public:
    // `find_driver("")` is the configured driver; null: there is none of that name.
    cluster_requests(record_store& records, slots& slots, driver_lookup find_driver, const clock& time);

    boost::asio::awaitable<result<accepted>> start(domain::operation_kind kind, domain::operation_request request,
                                                   domain::requester by, start_terms terms,
                                                   async::deadline until) override;
    boost::asio::awaitable<result<domain::operation>> find(std::string id, async::deadline until) override;
    [[nodiscard]] result<operation_page> list(const operation_filter& filter) const override;
    [[nodiscard]] std::set<std::pair<domain::operation_kind, std::string>> places() const override;
    boost::asio::awaitable<result<domain::operation>> cancel(std::string id, domain::requester by,
                                                             async::deadline until) override;
    boost::asio::awaitable<result<domain::backup_list>> backups(domain::pvc_ref pvc, async::deadline until) override;

private:
    [[nodiscard]] const domain::operation* running_at(domain::operation_kind kind,
                                                      const domain::pvc_ref& subject) const;
    [[nodiscard]] bool name_is_taken(domain::operation_kind kind, const std::string& name) const;
    void give_name(domain::operation& made, domain::plan& plan, const backup::driver& driver) const;
    [[nodiscard]] result<void> check_free(domain::operation_kind kind, const domain::operation_request& request) const;
    boost::asio::awaitable<result<domain::operation>> admit(domain::operation operation, async::deadline until);

    record_store& records_;
    slots& slots_;
    driver_lookup find_driver_;
    const clock& time_;
};

} // namespace soteria::operations
