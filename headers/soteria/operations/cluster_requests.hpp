// request_service over the cluster: plan, key, slot, record.
#pragma once

#include <soteria/backup/driver.hpp>
#include <soteria/base/time.hpp>
#include <soteria/operations/driver_choice.hpp>
#include <soteria/operations/queue.hpp>
#include <soteria/operations/record_store.hpp>
#include <soteria/operations/request_keys.hpp>
#include <soteria/operations/requests.hpp>
#include <soteria/operations/slots.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace soteria::operations {

// The driver's answer for holders of slots: asks the cache, else the cluster.
slots::holder_lookup holder_lookup_in(record_store& records);

class cluster_requests final : public request_service {
public:
    // `find_driver("")` is the configured driver; null: there is none of that name.
    cluster_requests(record_store& records, slots& slots, request_keys& keys, queue& line, driver_lookup find_driver,
                     const clock& time);

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
    // A request with an Idempotency-Key, on its way.
    struct keyed {
        idempotency asked;
        std::optional<records::request_key> claim; // once it is ours
        bool carried_on = false;                   // from a request that is gone
        bool may_be_made = false;                  // the record: asked for, and the answer was lost
    };

    // keyed_requests.cpp
    boost::asio::awaitable<result<accepted>> start_once(domain::operation_kind kind, domain::operation_request request,
                                                        domain::requester by, start_terms terms, idempotency asked,
                                                        async::deadline until);
    boost::asio::awaitable<result<accepted>> answer_or_start(domain::operation_kind kind,
                                                             domain::operation_request request, domain::requester by,
                                                             start_terms terms, idempotency asked,
                                                             async::deadline until);
    // The first answer; nullopt: there is none yet, and this request is to make it (a claim of one that is gone is now
    // `key`'s).
    boost::asio::awaitable<result<std::optional<accepted>>> look_up(keyed& key, async::deadline until);
    boost::asio::awaitable<result<std::optional<accepted>>>
    act_on(key_step step, keyed& key, records::request_key found, record_store::pointer record, async::deadline until);
    // The first answer: from the record, or, where that is null, from the key.
    boost::asio::awaitable<accepted> answer_from(records::request_key key, record_store::pointer record);
    boost::asio::awaitable<result<void>> reserve(domain::operation made, keyed& key, async::deadline until);
    boost::asio::awaitable<result<accepted>> after_refusal(failure refusal, keyed& key, async::deadline until);

    // `key`: null, or of the caller, who awaits this.
    boost::asio::awaitable<result<accepted>> start_now(domain::operation_kind kind, domain::operation_request request,
                                                       domain::requester by, start_terms terms, keyed* key,
                                                       async::deadline until);
    [[nodiscard]] const domain::operation* running_at(domain::operation_kind kind,
                                                      const domain::pvc_ref& subject) const;
    [[nodiscard]] bool name_is_taken(domain::operation_kind kind, const std::string& name) const;
    void give_name(domain::operation& made, domain::plan& plan, const backup::driver& driver) const;
    static void take_name(domain::operation& made, domain::plan& plan, const records::request_key& claim);
    [[nodiscard]] result<void> check_free(domain::operation_kind kind, const domain::operation_request& request) const;
    boost::asio::awaitable<result<domain::operation>> admit(domain::operation operation, keyed* key,
                                                            async::deadline until);
    boost::asio::awaitable<result<domain::operation>> make_record(domain::operation operation, keyed* key,
                                                                  async::deadline until);

    record_store& records_;
    slots& slots_;
    request_keys& keys_;
    queue& line_;
    driver_lookup find_driver_;
    const clock& time_;
    // The keys of the requests that this process is at, with their bodies' digests: the cluster need not be asked about
    // a second one. As many as there are connections at most.
    std::map<std::string, std::string> under_way_;
};

} // namespace soteria::operations
