// The Idempotency-Keys on record: ConfigMaps of our namespace.
//
// In the order of the writes: the key (open), the slot, the record, the answer in the key. Killed between two of them,
// what is left says what was meant: an open key and no record is carried on by the next request with that key, under
// the name that the key says, so that both can only make one record; or it is removed by the leader. An open key with
// its record is answered from that.
#pragma once

#include <soteria/async/deadline.hpp>
#include <soteria/base/result.hpp>
#include <soteria/base/time.hpp>
#include <soteria/kube/client.hpp>
#include <soteria/operations/key_policy.hpp>
#include <soteria/operations/record_store.hpp>
#include <soteria/records/keys.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace soteria::operations {

// Refers to client, records and clock, which outlive it. Calls end by their deadline and obey cancellation; failures
// are the client's.
class request_keys {
public:
    // `patience`: see next_key_step(); that of the slots.
    request_keys(kube::client& kubernetes, std::string ns, record_store& records, const clock& time,
                 std::chrono::milliseconds patience);

    // nullopt: there is none.
    boost::asio::awaitable<result<std::optional<records::request_key>>> find(std::string name, async::deadline until);
    // An open one for `made`. conflict (idempotency_key_in_use): somebody else has made one of that name meanwhile.
    boost::asio::awaitable<result<records::request_key>> claim(std::string name, std::string digest,
                                                               domain::operation made, async::deadline until);
    // From a request that is gone. conflict (idempotency_key_in_use): another one was faster.
    boost::asio::awaitable<result<records::request_key>> take_over(records::request_key found, async::deadline until);
    // Keeps what tells the first answer again. Twice is fine.
    boost::asio::awaitable<result<void>> keep_answer(std::string name, domain::operation made, async::deadline until);
    // As it was read, otherwise it is left; being gone is success.
    boost::asio::awaitable<result<void>> remove(records::request_key key, async::deadline until);

    // Whose record it is that an open key names; `found` is set where it is the key's own. Read from the cluster.
    struct made_record {
        key_record is = key_record::none;
        record_store::pointer found;
    };

    boost::asio::awaitable<result<made_record>> record_of(records::request_key key, async::deadline until);

    // For the leader, now and then. Open keys that their requests left: answers those whose record is there, so that
    // they outlive it, and removes the others after twice the patience.
    boost::asio::awaitable<result<void>> settle_open(async::deadline until);
    // Removes what key_expired() says. The caches of records are full.
    boost::asio::awaitable<result<void>> forget_expired(async::deadline until);

    [[nodiscard]] std::chrono::milliseconds patience() const { return patience_; }

    [[nodiscard]] instant now() const { return time_.now(); }

private:
    boost::asio::awaitable<result<void>> settle(records::request_key key, async::deadline until);

    kube::client& kubernetes_;
    std::string ns_;
    record_store& records_;
    const clock& time_;
    std::chrono::milliseconds patience_;
};

} // namespace soteria::operations
