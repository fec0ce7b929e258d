// What a way of making backups must be able to do. Every effect can be performed twice: "there and ours" is success,
// "there and not ours" is a conflict, and an undo leaves what this operation did not make.
#pragma once

#include <soteria/async/deadline.hpp>
#include <soteria/async/signal.hpp>
#include <soteria/base/result.hpp>
#include <soteria/domain/backup_entry.hpp>
#include <soteria/domain/operation.hpp>
#include <soteria/domain/plan.hpp>

#include <boost/asio/awaitable.hpp>

#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace soteria::backup {

// One row of a step table (design: the records of a backup and of a restore).
struct step_definition {
    std::string_view name;   // "create_volume"; also the purpose its calls carry, "restore/create_volume"
    std::string_view action; // create, wait, patch, run: what a plan calls it
    std::string_view undo;   // "delete_volume"; empty: nothing to undo
    // It changes the cluster: its intent is recorded before, and the fault table has a row for it.
    bool effect = false;
    std::string_view object_kind; // what it makes or waits for
    std::string_view does;        // a sentence
    // It comes after the point of no return: what went before stays as it is and is a success, whatever becomes of this
    // step. Its failure, a cancel or a timeout only ends the step.
    bool after_return = false;
};

// What came of one attempt at a step.
struct step_report {
    enum class outcome {
        done,
        waiting, // not there yet; look again after `again_after` or when something changed
        retry,   // this attempt came to nothing or its outcome is unknown; perform again after `again_after`
        failed,  // it will never work: roll back
    };
    outcome what = outcome::done;
    std::string message; // a sentence; for failed: why
    // failed: the stable word. waiting, retry: a word for what holds it up, where there is one ("unschedulable"); it is
    // the reason that is shown if nothing moves for long.
    std::string code;
    // waiting: what holds it up, worth saying only if nothing moves for long; a part of a sentence, added to `message`.
    std::string held_up_by;
    std::chrono::milliseconds again_after{0};
    std::map<std::string, std::string> facts; // to be merged into the record's facts
    std::optional<domain::progress> progress;
    // waiting: nothing moves, and nothing has to (it waits its turn, or for something that tells no progress). That is
    // no stall.
    bool patient = false;
    // waiting, retry: how it stands could not be seen now, so that what is told is old or nothing. That alone is no
    // reason to give it up.
    bool unseen = false;
    // undo, done: what is left all the same, for a person.
    std::vector<domain::leftover> leftovers;

    static step_report done(std::map<std::string, std::string> facts = {});
    static step_report waiting(std::string message, std::chrono::milliseconds again_after);
    // waiting, and patient.
    static step_report queued(std::string message, std::chrono::milliseconds again_after);
    static step_report retry(std::string message, std::chrono::milliseconds again_after);
    static step_report failed(std::string code, std::string message);
    // A failure from below: transient ones are retried, outcome_unknown after `settle` (so that a late effect shows),
    // the others fail.
    static step_report from(const failure& error, std::chrono::milliseconds settle);
};

// Something that carries our name or mark, and that nobody uses.
struct unused_object {
    std::string kind; // "LonghornVolume", "PersistentVolume", "Job"
    std::string ns;
    std::string name;
    std::string owner; // the uid of the record it was made for; where only that is known, the name made of the uid
    std::string state; // a word, for people
    auto operator<=>(const unused_object&) const = default;
};

// The time one effect has. `settle` is how long a call whose answer was lost may still take effect.
struct effect_budget {
    async::deadline until;
    std::chrono::milliseconds settle{0};
    std::string purpose; // "restore/create_volume", for the upstream's audit log

    effect_budget(async::deadline until_, std::chrono::milliseconds settle_, std::string purpose_)
        : until(until_), settle(settle_), purpose(std::move(purpose_)) {}
};

// The drivers that this version knows, in the order in which their answers are joined.
inline constexpr std::array<std::string_view, 2> driver_names{"longhorn", "restic"};

// Implementations refer to clients and caches that outlive them. All calls end by their deadline and obey cancellation.
class driver {
public:
    virtual ~driver() = default;
    [[nodiscard]] virtual std::string_view name() const = 0;

    // At most so many operations of one kind run at once where the settings name no limit; 0: any number.
    [[nodiscard]] virtual std::size_t most_running() const { return 0; }

    // The name of a record that is made now, and of what it makes where that is named after it. `distinction` is not
    // empty where the plain name is taken.
    [[nodiscard]] virtual std::string record_name(domain::operation_kind kind, const domain::operation_request& request,
                                                  instant when, std::string_view distinction) const = 0;
    // In order. The same list drives the reconcile loop, the plans, the documentation and the fault table.
    [[nodiscard]] virtual std::span<const step_definition> steps(domain::operation_kind kind) const = 0;

    // Resolves and checks a request in full (server-side dry run of each object included) and changes nothing.
    virtual boost::asio::awaitable<result<domain::plan>> plan_backup(domain::operation_request request,
                                                                     async::deadline until) = 0;
    virtual boost::asio::awaitable<result<domain::plan>> plan_restore(domain::operation_request request,
                                                                      async::deadline until) = 0;
    // The backups of one PVC, also of one that is gone. not_found (no_backup or pvc_not_found): neither PVC nor
    // backups.
    virtual boost::asio::awaitable<result<domain::backup_list>> list(domain::pvc_ref pvc, async::deadline until) = 0;

    // One attempt at a step of a recorded operation whose intent is recorded. Does not throw.
    virtual boost::asio::awaitable<step_report> perform(std::string_view step, const domain::operation& record,
                                                        effect_budget budget) = 0;
    // One attempt at undoing it. done: nothing of this step is left (or what is there is not ours).
    virtual boost::asio::awaitable<step_report> undo(std::string_view step, const domain::operation& record,
                                                     effect_budget budget) = 0;
    // What an undo of `step` would have removed, for the leftovers of an operation whose undo was given up.
    [[nodiscard]] virtual domain::leftover leftover_of(std::string_view step,
                                                       const domain::operation& record) const = 0;
    // After the terminal status: removes what a finished operation no longer needs. Repeatable; a failure is logged and
    // tried again, and never changes the outcome.
    virtual boost::asio::awaitable<step_report> tidy(const domain::operation& record, effect_budget budget) = 0;

    // What of this driver's making is there and in nobody's use: running and rolled back operations explain most of it.
    virtual boost::asio::awaitable<result<std::vector<unused_object>>> unused(async::deadline until) = 0;

    // While an operation runs: keep what it waits for fresh. Destroying the handle ends that.
    virtual std::shared_ptr<void> follow(const domain::operation& record) = 0;
    // Notified when something that a waiting operation may look at has changed.
    virtual async::signal& changed() = 0;
};

} // namespace soteria::backup
