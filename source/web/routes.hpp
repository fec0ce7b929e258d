// The handlers behind the route table.
#pragma once

#include "answers.hpp"
#include "audit.hpp"
#include "posted.hpp"

#include <soteria/web/openapi.hpp>
#include <soteria/web/render.hpp>
#include <soteria/web/router.hpp>

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace soteria::web {

// One request on its way through the routes; lives in router::handle until the answer is there.
struct call {
    request asked;
    auth::identity who;
    std::string argument;            // what stood at "{...}" of the pattern
    std::string_view route = "none"; // the pattern
    change wanted;                   // for the audit
    std::string driver;              // that it is for, once that is known
    std::string result;              // the metric's word, where it is not the status that decides (dry_run)
};

// What of the permissions that were asked about a caller has.
struct permission_set {
    bool everything = false;
    std::set<auth::permission> those;

    [[nodiscard]] bool has(const auth::permission& one) const { return everything || those.contains(one); }
};

class router::routes {
public:
    using handler = boost::asio::awaitable<response> (routes::*)(call&);

    enum class access { everybody, callers };
    // What is counted when the route is answered.
    enum class counted { nothing, backup, restore };

    struct route {
        std::string_view pattern; // "{}" matches one part of a path, "{...}" all that follow
        std::string_view method;  // GET serves HEAD as well
        handler handle;
        access open_to = access::callers;
        counted as = counted::nothing;
        // The query parameters that it takes, separated by blanks; another one is refused, as a typo must not be
        // silent. Null: whichever come are ignored.
        const char* parameters = nullptr;
    };

    explicit routes(services needs) : needs_(std::move(needs)) {}

    boost::asio::awaitable<response> dispatch(call& each);
    static std::span<const route> table();
    void count(const call& each, int status, std::chrono::duration<double> took);

private:
    boost::asio::awaitable<response> run(const route& chosen, call& each);
    std::optional<response> refuse(call& each);
    // The refusal, where RBAC does not let the caller do all of this.
    boost::asio::awaitable<std::optional<response>> forbid(call& each, std::vector<auth::permission> needed);
    boost::asio::awaitable<result<permission_set>> permitted(call& each, std::vector<auth::permission> asked);
    boost::asio::awaitable<result<std::shared_ptr<const soteria::inventory::report>>>
    seen_by(call& each, std::shared_ptr<const soteria::inventory::report> whole);
    // {"see":true,"back_up":true,...}: for the console, which shows what cannot be done as such.
    boost::asio::awaitable<result<boost::json::object>> permissions_in(call& each, std::string ns);
    static std::optional<problem> unusable(const call& each, const route* chosen,
                                           const std::vector<std::string_view>& methods);
    void count(const route& chosen, const call& each, int status);
    [[nodiscard]] configured_drivers drivers() const;

    boost::asio::awaitable<response> healthz(call& each);
    boost::asio::awaitable<response> readyz(call& each);
    boost::asio::awaitable<response> metrics(call& each);
    boost::asio::awaitable<response> openapi(call& each);
    boost::asio::awaitable<response> whoami(call& each);
    boost::asio::awaitable<response> inventory(call& each);
    boost::asio::awaitable<response> backups(call& each);
    boost::asio::awaitable<response> start_backup(call& each);
    boost::asio::awaitable<response> start_restore(call& each);
    boost::asio::awaitable<response> start_restore_test(call& each);
    boost::asio::awaitable<response> operations(call& each);
    boost::asio::awaitable<response> operation(call& each);
    boost::asio::awaitable<response> cancel_operation(call& each);
    boost::asio::awaitable<response> events(call& each);
    boost::asio::awaitable<response> console(call& each);
    boost::asio::awaitable<response> console_file(call& each);

    boost::asio::awaitable<response> start(call& each, domain::operation_kind kind, posted_request posted);

    services needs_;

    // The inventory's text, made once for each report and each of its two forms.
    struct kept_text {
        std::shared_ptr<const soteria::inventory::report> of;
        std::shared_ptr<shared_body> text;
        std::string etag;
    };

    kept_text kept_[2];
    std::optional<openapi_answer> openapi_; // made by the first request for it
};

// Whether a path fits a pattern; its "{}" or "{...}" part goes into `argument`.
bool matches(std::string_view pattern, const std::vector<std::string>& segments, std::string& argument);

} // namespace soteria::web
