// The end of a finished operation: its slot, what the driver tidies, the finalizer.
#include "operation_loop.hpp"

#include <soteria/base/log.hpp>
#include <soteria/operations/purposes.hpp>

namespace soteria::operations {
namespace {

using boost::asio::awaitable;
using std::chrono::milliseconds;

boost::json::value text(const std::string& value) {
    return boost::json::value(value);
}

} // namespace

awaitable<void> operation_loop::release_record(record_store::pointer record) {
    following_.reset();
    const auto& operation = record->operation;
    // Here and not where the end is written: a crash between the two is made good by the next leader.
    if (!told_end_)
        tell_end(operation);
    told_end_ = true;
    const auto subject = slot_subject(operation);
    const auto given_back =
        co_await shared_.world.places.give_back(slot_kind(operation), subject, operation.id(), call_deadline());
    if (!given_back) {
        co_await pause(try_again, false);
        co_return;
    }
    // Without its driver it goes untidied: what is left is of no harm, a record that can never be deleted is.
    auto* driver = shared_.world.find_driver(operation.request.driver);
    auto tidied = backup::step_report::done();
    if (driver != nullptr) {
        auto allowed = budget(operation, "tidy");
        tidied = co_await driver->tidy(operation, std::move(allowed));
    }
    if (tidied.what == backup::step_report::outcome::waiting) {
        co_await pause(tidied.again_after, true);
        co_return;
    }
    if (tidied.what != backup::step_report::outcome::done) {
        log::warning("tidying up after an operation is tried again",
                     {{"operation", text(operation.id())}, {"error", text(tidied.message)}});
        co_await pause(slot_is_taken, false);
        co_return;
    }
    if (operation.delete_requested && !operation.leftovers.empty()) {
        const auto kept = co_await keep_leftovers(record);
        if (!kept) {
            co_await pause(try_again, false);
            co_return;
        }
    }
    const auto removed = co_await shared_.world.records.remove_finalizer(record, call_deadline());
    if (removed)
        co_return;
    const auto current = co_await shared_.world.records.read(key_, call_deadline());
    if (!current && current.error().code != errc::not_found)
        co_await pause(try_again, false);
}

void operation_loop::tell_end(const domain::operation& operation) {
    shared_.settings.on_news(news::ended, operation);
    shared_.settings.on_finished(operation);
    log::info("operation finished", {{"operation", text(operation.id())},
                                     {"phase", boost::json::value(domain::to_string(operation.phase))},
                                     {"detail", text(operation.message)}});
}

// The record goes with its finalizer; what it could not remove must stay known.
awaitable<result<void>> operation_loop::keep_leftovers(record_store::pointer record) {
    namespace json = boost::json;
    json::object data;
    for (const auto& each : record->operation.leftovers)
        data[each.kind + "." + (each.ns.empty() ? "" : each.ns + ".") + each.name] = each.why;
    json::object metadata{{"name", "leftovers-" + record->operation.uid}, {"namespace", shared_.settings.ns}};
    json::object map{
        {"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"metadata", std::move(metadata)}, {"data", std::move(data)}};
    const auto created = co_await shared_.world.kubernetes.create(
        kube::config_maps, std::move(map), kube::call_options(call_deadline(), std::string(purposes::keep_leftovers)));
    if (created || created.error().reason == "already_exists")
        co_return result<void>{};
    co_return created.error();
}

} // namespace soteria::operations
