// What the routes need, with answers that a test sets and a note of what was asked.
#pragma once

#include "source/web/connection.hpp"

#include <soteria/base/log.hpp>
#include <soteria/web/router.hpp>

#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace soteria::web::test {

class fake_requests : public operations::request_service {
public:
    struct start_call {
        domain::operation_kind kind = domain::operation_kind::backup;
        domain::operation_request request;
        domain::requester by;
        operations::start_terms terms;
    };

    boost::asio::awaitable<result<operations::accepted>> start(domain::operation_kind kind,
                                                               domain::operation_request request, domain::requester by,
                                                               operations::start_terms terms,
                                                               async::deadline until) override {
        starts.push_back({kind, request, by, terms});
        last_deadline = until;
        if (start_failure)
            co_return *start_failure;
        operations::accepted made;
        made.plan = plan;
        made.replayed = replayed;
        if (!terms.dry_run)
            made.operation = running(kind, request, by);
        co_return made;
    }

    boost::asio::awaitable<result<domain::operation>> find(std::string id, async::deadline) override {
        ids.push_back(id);
        if (find_failure)
            co_return *find_failure;
        co_return known;
    }

    [[nodiscard]] result<operations::operation_page> list(const operations::operation_filter& filter) const override {
        filters.push_back(filter);
        if (on_list)
            on_list(filter);
        if (list_failure)
            return *list_failure;
        operations::operation_page page;
        page.operations.push_back(known);
        page.continue_token = next_page;
        return page;
    }

    [[nodiscard]] std::set<std::pair<domain::operation_kind, std::string>> places() const override {
        return {{known.kind, known.ns}};
    }

    boost::asio::awaitable<result<domain::operation>> cancel(std::string id, domain::requester by,
                                                             async::deadline) override {
        ids.push_back(id);
        cancels.push_back(by.user);
        if (cancel_failure)
            co_return *cancel_failure;
        co_return known;
    }

    boost::asio::awaitable<result<domain::backup_list>> backups(domain::pvc_ref pvc, async::deadline) override {
        listed.push_back(pvc.text());
        if (before_backups)
            co_await before_backups();
        if (backups_failure)
            co_return *backups_failure;
        auto answer = backup_list;
        answer.pvc = pvc;
        co_return answer;
    }

    static domain::operation running(domain::operation_kind kind, const domain::operation_request& request,
                                     const domain::requester& by) {
        domain::operation made;
        made.kind = kind;
        const bool backup = kind == domain::operation_kind::backup;
        made.ns = backup ? request.source.ns : request.target.ns;
        made.name = backup ? "nightly" : "r-1";
        made.uid = "6f1c9f0e-6d0c-4f57-9c38-0f0d2f8a7a11";
        made.request = request;
        made.by = by;
        return made;
    }

    std::vector<start_call> starts;
    std::vector<std::string> ids;
    std::vector<std::string> cancels;
    std::vector<std::string> listed;
    mutable std::vector<operations::operation_filter> filters;
    std::function<void(const operations::operation_filter&)> on_list; // while what the filter refers to is there
    async::deadline last_deadline;

    domain::plan plan;
    bool replayed = false;
    domain::operation known;
    std::string next_page;
    domain::backup_list backup_list;
    std::function<boost::asio::awaitable<void>()> before_backups;
    std::optional<failure> start_failure, find_failure, list_failure, cancel_failure, backups_failure;
};

// "backup longhorn accepted" -> how often
class fake_counters : public request_counters {
public:
    void count(domain::operation_kind kind, std::string_view driver, std::string_view result) override {
        ++counted[std::string(to_string(kind)) + " " + std::string(driver) + " " + std::string(result)];
    }

    void count_denial(auth::denial reason) override { ++counted["denied " + std::string(to_string(reason))]; }

    void count_request(std::string_view route, std::string_view method, int status,
                       std::chrono::duration<double>) override {
        answered.push_back(std::string(method) + " " + std::string(route) + " " + std::to_string(status));
    }

    std::map<std::string, int> counted;
    std::vector<std::string> answered; // "GET /v1/operations/{id} 404"
};

inline body_pieces text_in_pieces(std::vector<std::string> pieces) {
    return [pieces = std::move(pieces), next = std::size_t(0)](std::string& to) mutable {
        if (next < pieces.size())
            to += pieces[next++];
        return next < pieces.size();
    };
}

// A router over the two above; tests change `needs` before they make it.
struct fake_services {
    fake_services() { log::configure("error", "text"); }

    fake_requests requests;
    fake_counters counters;
    std::shared_ptr<inventory::report> report = std::make_shared<inventory::report>();
    services needs{requests,
                   counters,
                   {},
                   "longhorn",
                   {"longhorn"},
                   [this] { return report; },
                   [] {
                       return text_in_pieces({"up", " 1\n"});
                   },
                   {},
                   [this](stream_order order) -> result<take_over> {
                       orders.push_back(std::move(order));
                       if (stream_failure)
                           return *stream_failure;
                       return take_over([](std::unique_ptr<connection>, bool) {});
                   }};
    std::vector<stream_order> orders; // of GET /v1/events
    std::optional<failure> stream_failure;
};

} // namespace soteria::web::test
