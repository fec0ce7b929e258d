#include "catalogue_writer.hpp"

#include <soteria/backup/purposes.hpp>
#include <soteria/base/log.hpp>

#include <algorithm>
#include <ranges>

namespace soteria::backup {
namespace {

using boost::asio::awaitable;

// One small write; the whole of a large catalogue may take many.
constexpr std::chrono::seconds call_timeout{10};

kube::call_options options() {
    return kube::call_options(async::deadline::after(call_timeout), std::string(purposes::write_catalogue));
}

} // namespace

result<void> catalogue_writer::take_over(const result<boost::json::object>& answer) {
    if (!answer)
        return answer.error();
    auto map = decode_catalogue_map(*answer);
    if (!map)
        return map.error();
    maps_.apply(std::move(*map));
    return {};
}

awaitable<result<void>> catalogue_writer::write_part(std::string text) {
    const auto name = part_name(repository_, text);
    if (maps_.find({ns_, name}))
        co_return result<void>{};
    auto manifest = part_manifest(ns_, repository_, text);
    auto created = co_await kubernetes_.create(kube::config_maps, std::move(manifest), options());
    const bool look =
        !created && (created.error().code == errc::outcome_unknown || created.error().reason == "already_exists");
    if (look)
        created = co_await kubernetes_.get(kube::config_maps, ns_, name, options());
    co_return take_over(created);
}

awaitable<result<void>> catalogue_writer::write_head(catalogue_head head) {
    const auto name = head_name(repository_);
    const auto present = maps_.find({ns_, name});
    if (!present) {
        auto manifest = head_manifest(ns_, repository_, head);
        const auto created = co_await kubernetes_.create(kube::config_maps, std::move(manifest), options());
        co_return take_over(created);
    }
    auto change = head_patch(head, present->meta.resource_version);
    const auto patched = co_await kubernetes_.patch(kube::config_maps, ns_, name, std::move(change), options());
    if (!patched && patched.error().code == errc::not_found)
        maps_.erase({ns_, name}, present->meta.uid); // the next try makes it anew
    co_return take_over(patched);
}

awaitable<void> catalogue_writer::remove_parts_but(std::vector<std::string> names) {
    std::ranges::sort(names);
    std::vector<kube::object_meta> old;
    for (const auto& map : maps_.all() | std::views::values)
        if (map->meta.ns == ns_ && !read_head(*map) && !std::ranges::binary_search(names, map->meta.name))
            old.push_back(map->meta);
    for (const auto& each : old) {
        kube::delete_preconditions same;
        same.uid = each.uid;
        const auto removed = co_await kubernetes_.remove(kube::config_maps, ns_, each.name, same, options());
        if (removed || removed.error().code == errc::not_found)
            maps_.erase(each.key(), each.uid);
        else
            log::warning(
                "an old part of the catalogue could not be removed; it is tried again with the next listing",
                {{"name", boost::json::value(each.name)}, {"why", boost::json::value(removed.error().message)}});
    }
}

awaitable<result<void>> catalogue_writer::write(catalogue_head head, std::vector<restic::snapshot> snapshots) {
    head.parts.clear();
    for (auto& text : part_texts(snapshots)) {
        head.parts.push_back(part_name(repository_, text));
        auto writing = write_part(std::move(text));
        const auto written = co_await std::move(writing);
        if (!written)
            co_return written.error();
    }
    auto names = head.parts;
    auto writing = write_head(std::move(head));
    const auto written = co_await std::move(writing);
    if (!written)
        co_return written.error();
    auto removing = remove_parts_but(std::move(names));
    co_await std::move(removing);
    co_return result<void>{};
}

awaitable<result<void>> catalogue_writer::confirm(catalogue_head head) {
    const auto present = maps_.find({ns_, head_name(repository_)});
    const auto before = present ? read_head(*present) : std::nullopt;
    const auto there = [this](const std::string& name) { return maps_.find({ns_, name}) != nullptr; };
    if (!before || !std::ranges::all_of(before->parts, there))
        co_return failure(errc::not_found, "the catalogue is not whole; it is written anew");
    head.parts = before->parts;
    auto writing = write_head(std::move(head));
    co_return co_await std::move(writing);
}

awaitable<result<void>> catalogue_writer::write_trouble(restic::trouble what) {
    catalogue_head head;
    if (const auto present = maps_.find({ns_, head_name(repository_)}))
        head = read_head(*present).value_or(catalogue_head());
    if (head.failing && head.failing->code == what.code) {
        what.since = head.failing->since;
        if (head.failing->message == what.message)
            co_return result<void>{};
    }
    head.failing = std::move(what);
    auto writing = write_head(std::move(head));
    co_return co_await std::move(writing);
}

} // namespace soteria::backup
