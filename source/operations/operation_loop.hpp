// One operation's coroutine: decide, record the intent, perform one effect, record the outcome, wait.
#pragma once

#include "sight.hpp"

#include <soteria/async/within.hpp>
#include <soteria/operations/reconciler.hpp>

#include <optional>

namespace soteria::operations {

// After a failed write or a missing slot.
inline constexpr std::chrono::milliseconds try_again{1000};
inline constexpr std::chrono::milliseconds slot_is_taken{5000};
// Progress of all operations together is written at most 20 times a second.
inline constexpr std::chrono::milliseconds progress_spacing{50};

// What the loops of one process share.
struct loop_world {
    loop_world(reconciler_world world_, reconciler_settings settings_)
        : world(std::move(world_)), settings(std::move(settings_)) {}

    reconciler_world world;
    reconciler_settings settings;
    bool draining = false;
    async::deadline::time_clock::time_point term_started{};
    // See progress_spacing.
    async::deadline::time_clock::time_point next_progress_write{};
};

class operation_loop {
public:
    operation_loop(boost::asio::any_io_executor executor, loop_world& shared, domain::operation_key key);

    // Until the operation is finished and let go, the lease is lost, or draining begins.
    boost::asio::awaitable<void> run();

    // The record has changed, or the loop shall look at once for another reason.
    void record_changed();
    void claim_changed(const kube::object_key& claim);
    // Something an ongoing wait may look at.
    void world_changed();
    // It may begin now, if it waits for that.
    void turn_has_come();

    // The record as it was when run() last looked at it.
    [[nodiscard]] const record_store::pointer& last_seen() const { return last_seen_; }

private:
    using time_point = async::deadline::time_clock::time_point;

    boost::asio::awaitable<bool> step(record_store::pointer record);
    boost::asio::awaitable<void> protect_record(record_store::pointer record);
    boost::asio::awaitable<void> begin_operation(record_store::pointer record, domain::operation next);
    boost::asio::awaitable<void> wait_for_turn(record_store::pointer record, domain::operation next);
    boost::asio::awaitable<std::chrono::milliseconds> try_to_begin(record_store::pointer record,
                                                                   domain::operation next);
    [[nodiscard]] domain::operation queued_note(const domain::operation& record, const domain::operation& next) const;
    boost::asio::awaitable<void> perform_step(record_store::pointer record, perform what);
    boost::asio::awaitable<void> undo_step(record_store::pointer record, std::string what);
    boost::asio::awaitable<void> release_record(record_store::pointer record);
    boost::asio::awaitable<result<void>> keep_leftovers(record_store::pointer record);
    boost::asio::awaitable<void> conclude(consequence after, bool interruptible);
    boost::asio::awaitable<bool> save(domain::operation next);
    void tell_turn(const domain::operation& before, const domain::operation& now);
    void tell_end(const domain::operation& operation);
    boost::asio::awaitable<void> pause(std::chrono::milliseconds how_long, bool interruptible);
    boost::asio::awaitable<bool> time_for_an_effect();
    [[nodiscard]] backup::effect_budget budget(const domain::operation& record, std::string_view step) const;
    [[nodiscard]] async::deadline call_deadline() const;
    [[nodiscard]] bool going_on() const;

    loop_world& shared_;
    domain::operation_key key_;
    async::signal wake_;
    bool news_ = false;         // something changed since the last look
    bool interruptible_ = true; // false: only the record's own change ends this wait
    bool saving_ = false;
    time_point not_before_{}; // a lost effect may still come true until then
    bool unread_ = false;     // found under way, and known from the cache alone
    time_point last_written_{};
    std::optional<std::string> seen_undone_; // the step whose undo has been seen done once
    bool told_end_ = false;
    sight sight_;
    std::shared_ptr<void> following_;
    kube::object_key claim_;
    record_store::pointer last_seen_;
};

} // namespace soteria::operations
