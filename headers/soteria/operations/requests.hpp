// What callers may ask for: start, look at, cancel. Validates, plans, takes the slot, creates the record; the reconcile
// loop (on whichever replica leads) carries it out.
#pragma once

#include <soteria/async/deadline.hpp>
#include <soteria/base/result.hpp>
#include <soteria/domain/backup_entry.hpp>
#include <soteria/domain/operation.hpp>
#include <soteria/domain/plan.hpp>

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace soteria::operations {

// A started operation, or only its plan (dry run: no operation).
struct accepted {
    domain::plan plan;
    std::optional<domain::operation> operation;
    // It was started by an earlier request with the same Idempotency-Key. Of the plan, driver and what the request
    // resolved to are told again; of the operation, what names it.
    bool replayed = false;
};

// A caller's word for "this request, however often I send it".
struct idempotency {
    std::string name;   // records::key_name()
    std::string digest; // of the body: the same JSON has the same one
};

// On which terms an operation is to be started.
struct start_terms {
    bool dry_run = false;
    // Only if the plan's hash is one of these (If-Match); nullopt: whatever the plan is.
    std::optional<std::vector<std::string>> expected_plans;
    // At most one operation is ever made for it. Not looked at where nothing is started (dry run).
    std::optional<idempotency> key;
};

// Which operations to list; empty or unset members do not filter.
struct operation_filter {
    std::string ns;
    std::string pvc; // source or target
    std::optional<domain::operation_kind> kind;
    std::optional<domain::operation_phase> phase;
    std::size_t limit = 100; // 1 to 500
    std::string continue_token;
    // Only what it says yes to; unset: everything.
    std::function<bool(const domain::operation&)> visible;
};

struct operation_page {
    std::vector<domain::operation> operations; // newest first
    std::string continue_token;                // empty: no more
};

// Failures are ready for a caller: code, sentence and reason ("target_exists", "no_backup", ...). All calls end by
// their deadline and obey cancellation; cancelled before the record is created, nothing is left.
class request_service {
public:
    virtual ~request_service() = default;
    // Static checks of the request's own text are the caller's (web); everything that needs the cluster is here.
    // errc::precondition (plan_changed) where the plan is none of the expected ones; then nothing was made. With a key
    // that is on record nothing is planned: the first answer, or unprocessable (idempotency_key_reused), or conflict
    // (idempotency_key_in_use, with retry_after). A refusal frees the key.
    virtual boost::asio::awaitable<result<accepted>> start(domain::operation_kind kind,
                                                           domain::operation_request request, domain::requester by,
                                                           start_terms terms, async::deadline until) = 0;
    virtual boost::asio::awaitable<result<domain::operation>> find(std::string id, async::deadline until) = 0;
    // errc::invalid (bad_continue) for a token that is not ours.
    [[nodiscard]] virtual result<operation_page> list(const operation_filter& filter) const = 0;
    // Which records there are to list: each kind and namespace once.
    [[nodiscard]] virtual std::set<std::pair<domain::operation_kind, std::string>> places() const = 0;
    // conflict (already_finished) where there is nothing left to cancel; asking twice is fine.
    virtual boost::asio::awaitable<result<domain::operation>> cancel(std::string id, domain::requester by,
                                                                     async::deadline until) = 0;
    virtual boost::asio::awaitable<result<domain::backup_list>> backups(domain::pvc_ref pvc, async::deadline until) = 0;
};

} // namespace soteria::operations
