#include <soteria/operations/driver_choice.hpp>

#include <algorithm>
#include <optional>

namespace soteria::operations {
namespace {

using boost::asio::awaitable;

constexpr std::size_t least_prefix = 8; // of an id (restic's short form)

bool is_called(const domain::backup_entry& entry, const std::string& name) {
    return entry.name == name || entry.snapshot == name ||
           (name.size() >= least_prefix && entry.name.starts_with(name));
}

std::size_t count(const driver_lookup& find) {
    return static_cast<std::size_t>(
        std::ranges::count_if(backup::driver_names, [&](std::string_view name) { return find(name) != nullptr; }));
}

// One `latest` of several drivers': the newest.
void keep_newest_latest(std::vector<domain::backup_entry>& newest_first) {
    bool found = false;
    for (auto& entry : newest_first) {
        entry.latest = entry.latest && !found;
        found = found || entry.latest;
    }
}

// Those without a time (running, failed early) come first, as they are the newest.
bool newer(const domain::backup_entry& left, const domain::backup_entry& right) {
    if (left.created_at.has_value() != right.created_at.has_value())
        return !left.created_at.has_value();
    return left.created_at > right.created_at;
}

void add(domain::backup_list& to, domain::backup_list other) {
    to.pvc_exists = to.pvc_exists || other.pvc_exists;
    if (to.volume.empty())
        to.volume = std::move(other.volume);
    to.generated_at = std::max(to.generated_at, other.generated_at);
    std::ranges::move(other.backups, std::back_inserter(to.backups));
    std::ranges::move(other.warnings, std::back_inserter(to.warnings));
}

} // namespace

awaitable<result<domain::backup_list>> joined_backups(driver_lookup find, domain::pvc_ref pvc, async::deadline until) {
    domain::backup_list all;
    all.pvc = pvc;
    if (const auto* configured = find(""))
        all.driver = configured->name();
    std::optional<failure> unknown;
    std::optional<failure> absent;
    bool answered = false;
    for (const auto name : backup::driver_names) {
        auto* driver = find(name);
        if (driver == nullptr)
            continue;
        auto listing = driver->list(pvc, until);
        auto listed = co_await std::move(listing);
        if (listed) {
            add(all, std::move(*listed));
            answered = true;
        } else if (listed.error().code == errc::not_found) {
            absent = listed.error();
        } else {
            all.warnings.push_back("the backups by " + std::string(name) + " are not known: " + listed.error().message);
            unknown = listed.error();
        }
    }
    if (unknown && all.backups.empty())
        co_return *unknown;
    if (!answered && absent)
        co_return *absent;
    std::ranges::stable_sort(all.backups, newer);
    keep_newest_latest(all.backups);
    const auto latest = std::ranges::find(all.backups, true, &domain::backup_entry::latest);
    if (latest != all.backups.end())
        all.driver = latest->driver;
    co_return all;
}

awaitable<result<backup::driver*>> choose_driver(driver_lookup find, domain::operation_kind kind,
                                                 domain::operation_request request, async::deadline until) {
    auto* named = find(request.driver);
    if (named == nullptr)
        co_return failure(errc::unprocessable,
                          request.driver.empty() ? std::string("no driver is configured here")
                                                 : "the driver \"" + request.driver + "\" is not configured here",
                          "driver_not_configured");
    const bool may_choose = request.driver.empty() && kind != domain::operation_kind::backup && count(find) > 1;
    if (!may_choose)
        co_return named;
    if (!request.backup_url.empty()) { // only Longhorn's backups have one
        auto* longhorn = find("longhorn");
        co_return longhorn == nullptr ? named : longhorn;
    }
    if (request.source.name.empty()) { // only restic finds the PVC by its snapshot
        auto* restic = find("restic");
        co_return restic == nullptr ? named : restic;
    }
    auto listing = joined_backups(find, request.source, until);
    const auto listed = co_await std::move(listing);
    if (!listed)
        co_return named; // it will say so itself
    const bool latest = request.snapshot.empty() || request.snapshot == "latest";
    const auto meant = std::ranges::find_if(listed->backups, [&](const domain::backup_entry& each) {
        return latest ? each.latest : is_called(each, request.snapshot);
    });
    auto* maker = meant == listed->backups.end() ? nullptr : find(meant->driver);
    co_return maker == nullptr ? named : maker;
}

} // namespace soteria::operations
