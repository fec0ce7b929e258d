#include "asking.hpp"
#include "questions.hpp"

#include <soteria/longhorn/decode.hpp>
#include <soteria/longhorn/http_longhorn_client.hpp>

#include <chrono>
#include <utility>

namespace soteria::longhorn {

namespace asio = boost::asio;

namespace {

failure bad_name(std::string_view what, const std::string& name) {
    return failure(errc::invalid, "The " + std::string(what) + " name \"" + bounded(name, 100) +
                                      "\" is none that Longhorn keeps as it is; nothing was asked of it.");
}

failure lie(const std::string& doing, const std::string& what) {
    return failure(errc::bad_answer, doing + ": Longhorn's answer is about another object (" + what + ").");
}

// Longhorn 1.6 and 1.7 lack backupListByVolume. They are asked again now and then, as a cluster may be upgraded: from
// 1.8 on the older action answers "no backups" where it does not know the name.
class listing_action {
public:
    [[nodiscard]] bool by_volume() const { return std::chrono::steady_clock::now() >= older_until_; }

    void found_older() { older_until_ = std::chrono::steady_clock::now() + std::chrono::minutes(1); }

    void found_newer() { older_until_ = {}; }

private:
    std::chrono::steady_clock::time_point older_until_;
};

} // namespace

struct http_longhorn_client::implementation {
    implementation(net::http_client& http, std::string base_url, async::random_source random)
        : ask(http, std::move(random)), build(std::move(base_url)) {}

    asio::awaitable<result<std::vector<backup>>> list_backups_with(std::string volume, std::string_view action,
                                                                   call_options options) {
        const bool by_volume = action == "backupListByVolume";
        auto asked = build.action(request_kind::reads, "backupvolumes", volume, action,
                                  by_volume ? named_body(volume) : std::string(), "listing the backups of " + volume,
                                  std::move(options));
        auto reading = ask.read_list<backup>(std::move(asked));
        co_return co_await std::move(reading);
    }

    asker ask;
    question_builder build;
    listing_action listing;
};

http_longhorn_client::http_longhorn_client(net::http_client& http, std::string base_url, async::random_source random)
    : implementation_(std::make_unique<implementation>(http, std::move(base_url), std::move(random))) {}

http_longhorn_client::~http_longhorn_client() = default;

asio::awaitable<result<std::vector<volume>>> http_longhorn_client::list_volumes(call_options options) {
    auto asked = implementation_->build.list("volumes", "listing volumes", std::move(options));
    auto reading = implementation_->ask.read_list<volume>(std::move(asked));
    co_return co_await std::move(reading);
}

asio::awaitable<result<volume>> http_longhorn_client::get_volume(std::string name, call_options options) {
    if (!is_plain_name(name))
        co_return bad_name("volume", name);
    auto asked = implementation_->build.get_volume(name, std::move(options));
    auto reading = implementation_->ask.read_one<volume>(std::move(asked));
    auto one = co_await std::move(reading);
    if (one && one->name != name)
        co_return lie("reading volume " + name, "volume " + one->name);
    co_return one;
}

asio::awaitable<result<volume>> http_longhorn_client::create_volume(volume_request request, call_options options) {
    if (!is_lasting_volume_name(request.name))
        co_return bad_name("volume", request.name);
    auto asked = implementation_->build.create_volume(request, std::move(options));
    auto changing = implementation_->ask.change<volume>(std::move(asked));
    auto one = co_await std::move(changing);
    if (one && one->name != request.name)
        co_return lie("making volume " + request.name, "volume " + one->name);
    co_return one;
}

asio::awaitable<result<void>> http_longhorn_client::delete_volume(std::string name, call_options options) {
    if (!is_plain_name(name))
        co_return bad_name("volume", name);
    auto asked = implementation_->build.delete_volume(name, std::move(options));
    auto changing = implementation_->ask.change_blindly(std::move(asked));
    co_return co_await std::move(changing);
}

asio::awaitable<result<snapshot>> http_longhorn_client::create_snapshot(std::string volume, std::string name,
                                                                        std::map<std::string, std::string> labels,
                                                                        call_options options) {
    if (!is_plain_name(volume) || !is_plain_name(name))
        co_return bad_name("volume or snapshot", volume + "/" + name);
    const auto doing = "making snapshot " + name + " of volume " + volume;
    auto asked = implementation_->build.action(request_kind::changes, "volumes", volume, "snapshotCRCreate",
                                               named_body(name, labels), doing, std::move(options));
    auto changing = implementation_->ask.change<snapshot>(std::move(asked));
    auto one = co_await std::move(changing);
    if (one && (one->name != name || one->volume != volume))
        co_return lie(doing, "snapshot " + one->name + " of volume " + one->volume);
    co_return one;
}

asio::awaitable<result<snapshot>> http_longhorn_client::get_snapshot(std::string volume, std::string name,
                                                                     call_options options) {
    if (!is_plain_name(volume) || !is_plain_name(name))
        co_return bad_name("volume or snapshot", volume + "/" + name);
    const auto doing = "reading snapshot " + name + " of volume " + volume;
    auto asked = implementation_->build.action(request_kind::reads, "volumes", volume, "snapshotCRGet",
                                               named_body(name), doing, std::move(options));
    auto reading = implementation_->ask.read_one<snapshot>(std::move(asked));
    auto one = co_await std::move(reading);
    if (one && one->name != name)
        co_return lie(doing, "snapshot " + one->name);
    if (one && one->volume != volume)
        co_return failure(errc::conflict,
                          "Snapshot " + name + " belongs to volume " + one->volume + ", not to " + volume +
                              "; snapshot names are global in Longhorn.",
                          "foreign_snapshot");
    co_return one;
}

asio::awaitable<result<std::vector<snapshot>>> http_longhorn_client::list_snapshots(std::string volume,
                                                                                    call_options options) {
    if (!is_plain_name(volume))
        co_return bad_name("volume", volume);
    const auto doing = "listing the snapshots of volume " + volume;
    auto asked = implementation_->build.action(request_kind::reads, "volumes", volume, "snapshotCRList", {}, doing,
                                               std::move(options));
    auto reading = implementation_->ask.read_list<snapshot>(std::move(asked));
    auto all = co_await std::move(reading);
    if (all)
        for (const auto& one : *all)
            if (one.volume != volume)
                co_return lie(doing, "snapshot " + one.name + " of volume " + one.volume);
    co_return all;
}

asio::awaitable<result<void>> http_longhorn_client::delete_snapshot(std::string volume, std::string name,
                                                                    call_options options) {
    if (!is_plain_name(volume) || !is_plain_name(name))
        co_return bad_name("volume or snapshot", volume + "/" + name);
    auto asked =
        implementation_->build.action(request_kind::changes, "volumes", volume, "snapshotCRDelete", named_body(name),
                                      "deleting snapshot " + name + " of volume " + volume, std::move(options));
    auto changing = implementation_->ask.change_blindly(std::move(asked));
    auto done = co_await std::move(changing);
    if (!done && done.error().code == errc::not_found)
        co_return result<void>();
    co_return done;
}

asio::awaitable<result<void>> http_longhorn_client::start_backup(std::string volume, std::string snapshot,
                                                                 std::map<std::string, std::string> labels,
                                                                 std::string mode, call_options options) {
    if (!is_plain_name(volume) || !is_plain_name(snapshot))
        co_return bad_name("volume or snapshot", volume + "/" + snapshot);
    const auto doing = "backing up snapshot " + snapshot + " of volume " + volume;
    auto asked = implementation_->build.action(request_kind::changes, "volumes", volume, "snapshotBackup",
                                               named_body(snapshot, labels, mode), doing, std::move(options));
    auto changing = implementation_->ask.change<longhorn::volume>(std::move(asked));
    auto one = co_await std::move(changing);
    if (!one)
        co_return one.error();
    if (one->name != volume)
        co_return lie(doing, "volume " + one->name);
    co_return result<void>();
}

asio::awaitable<result<std::vector<backup_volume>>> http_longhorn_client::list_backup_volumes(call_options options) {
    auto asked = implementation_->build.list("backupvolumes", "listing backup volumes", std::move(options));
    auto reading = implementation_->ask.read_list<backup_volume>(std::move(asked));
    auto all = co_await std::move(reading);
    if (all && !all->empty() && all->front().names_volume)
        implementation_->listing.found_newer();
    co_return all;
}

asio::awaitable<result<std::vector<backup>>> http_longhorn_client::list_backups(std::string volume,
                                                                                call_options options) {
    if (!is_plain_name(volume))
        co_return bad_name("volume", volume);
    auto& self = *implementation_;
    const bool newer = self.listing.by_volume();
    auto first = self.list_backups_with(volume, newer ? "backupListByVolume" : "backupList", options);
    auto all = co_await std::move(first);
    if (newer && !all && all.error().reason == unknown_route) {
        self.listing.found_older();
        auto second = self.list_backups_with(volume, "backupList", options);
        all = co_await std::move(second);
    }
    if (!all)
        co_return all;
    for (auto& one : *all) {
        if (one.volume.empty()) // broken midway, or just made
            one.volume = volume;
        else if (one.volume != volume)
            co_return lie("listing the backups of " + volume, "backup " + one.name + " of volume " + one.volume);
    }
    co_return all;
}

asio::awaitable<result<void>> http_longhorn_client::delete_backup(std::string backup_volume, std::string backup,
                                                                  call_options options) {
    if (!is_plain_name(backup_volume) || !is_plain_name(backup))
        co_return bad_name("backup volume or backup", backup_volume + "/" + backup);
    auto asked = implementation_->build.action(request_kind::changes, "backupvolumes", backup_volume, "backupDelete",
                                               named_body(backup), "deleting backup " + backup, std::move(options));
    auto changing = implementation_->ask.change_blindly(std::move(asked));
    auto done = co_await std::move(changing);
    if (!done && done.error().code == errc::not_found)
        co_return result<void>();
    co_return done;
}

asio::awaitable<result<std::vector<backup_target>>> http_longhorn_client::list_backup_targets(call_options options) {
    auto asked = implementation_->build.list("backuptargets", "listing backup targets", std::move(options));
    auto reading = implementation_->ask.read_list<backup_target>(std::move(asked));
    co_return co_await std::move(reading);
}

} // namespace soteria::longhorn
