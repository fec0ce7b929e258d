// The records of all operations: both kinds' caches, and the writes that go through them.
#pragma once

#include <soteria/async/deadline.hpp>
#include <soteria/base/result.hpp>
#include <soteria/kube/client.hpp>
#include <soteria/kube/store.hpp>
#include <soteria/records/records.hpp>

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>

namespace soteria::operations {

// Every answer to a write goes into the cache at once, so that a reader of this process never sees an older state than
// the one it was told. Refers to client and caches, which outlive it. Calls end by their deadline.
class record_store {
public:
    using pointer = std::shared_ptr<const records::record>;
    using cache = kube::store<records::record>;

    record_store(kube::client& kubernetes, cache& backups, cache& restores);

    [[nodiscard]] cache& cache_of(domain::operation_kind kind);
    [[nodiscard]] const cache& cache_of(domain::operation_kind kind) const;

    // From the cache alone; null if it is not there.
    [[nodiscard]] pointer cached(const domain::operation_key& key) const;
    // From the cache, else one read of the cluster. not_found (operation_not_found).
    boost::asio::awaitable<result<pointer>> find(domain::operation_key key, async::deadline until);
    // One read of the cluster. A record that is gone leaves the cache.
    boost::asio::awaitable<result<pointer>> read(domain::operation_key key, async::deadline until);

    // conflict (already_exists): a record of that name is there. `request_key`: the name of the Idempotency-Key that it
    // is made for, or empty.
    boost::asio::awaitable<result<pointer>> create(domain::operation operation, std::string request_key,
                                                   async::deadline until);
    // The whole status, if the record still is at operation.resource_version; conflict otherwise.
    boost::asio::awaitable<result<pointer>> write_status(domain::operation operation, async::deadline until);
    boost::asio::awaitable<result<pointer>> add_finalizer(pointer record, async::deadline until);
    boost::asio::awaitable<result<void>> remove_finalizer(pointer record, async::deadline until);
    boost::asio::awaitable<result<pointer>> mark_cancelled(domain::operation_key key, std::string by,
                                                           async::deadline until);

private:
    result<pointer> take_over(domain::operation_kind kind, const boost::json::object& object);
    boost::asio::awaitable<result<pointer>> patch(domain::operation_key key, boost::json::object change,
                                                  kube::call_options options);

    kube::client& kubernetes_;
    cache& backups_;
    cache& restores_;
};

domain::operation_key key_of(const domain::operation& operation);

} // namespace soteria::operations
