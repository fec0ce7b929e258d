#include <soteria/operations/history.hpp>
#include <soteria/operations/purposes.hpp>

#include <algorithm>

namespace soteria::operations {
namespace {

instant end_of(const domain::operation& one) {
    return one.finished_at.value_or(one.created_at);
}

} // namespace

std::vector<record_store::pointer> expired(const record_store& records, const history_limits& limits, instant now) {
    std::vector<record_store::pointer> ended;
    for (const auto kind : {domain::operation_kind::backup, domain::operation_kind::restore})
        for (const auto& [key, record] : records.cache_of(kind).all())
            if (!record->operation.active() && !record->operation.protected_by_finalizer)
                ended.push_back(record);
    std::ranges::sort(ended, {}, [](const auto& record) { return end_of(record->operation); });
    const std::size_t surplus = ended.size() > limits.count ? ended.size() - limits.count : 0;
    const auto first_kept =
        std::find_if(ended.begin() + static_cast<std::ptrdiff_t>(surplus), ended.end(),
                     [&](const auto& record) { return now - end_of(record->operation) <= limits.age; });
    ended.erase(first_kept, ended.end());
    return ended;
}

boost::asio::awaitable<result<void>> forget(kube::client& kubernetes, std::vector<record_store::pointer> records,
                                            async::deadline until) {
    for (const auto& record : records) {
        kube::delete_preconditions only;
        only.uid = record->meta.uid;
        const kube::call_options options(until, std::string(purposes::forget_record));
        auto removal = kubernetes.remove(records::resource_of(record->operation.kind), record->meta.ns,
                                         record->meta.name, only, options);
        auto removed = co_await std::move(removal);
        if (!removed && removed.error().code != errc::not_found && removed.error().code != errc::conflict)
            co_return removed.error();
    }
    co_return result<void>();
}

} // namespace soteria::operations
