#include "restic_gate.hpp"

#include <tuple>

namespace soteria::backup {
namespace {

using restic::role;

std::string_view doing(role what) {
    switch (what) {
    case role::backup:
        return "backs up";
    case role::restore:
    case role::restore_test:
        return "restores";
    case role::forget:
        return "forgets old snapshots and needs the repository for itself";
    case role::mark:
        return "marks a snapshot and needs the repository for itself";
    case role::init:
        return "makes the repository";
    case role::list:
        break;
    }
    return "lists the repository";
}

std::string named(const gate_job& job) {
    return "the Job " + job.key.ns + "/" + job.key.name;
}

bool older(const gate_job& left, const gate_job& right) {
    return std::tie(left.created_at, left.key) < std::tie(right.created_at, right.key);
}

std::string_view label(const kube::job& job, std::string_view name) {
    const auto found = job.meta.labels.find(std::string(name));
    return found == job.meta.labels.end() ? std::string_view() : found->second;
}

} // namespace

std::optional<gate_job> gate_job_of(const kube::job& job) {
    const auto what = restic::parse_role(label(job, restic::role_label));
    const bool unused = job.suspended && job.meta.deleted_at;
    if (!what || job.ended != kube::job::end::none || unused)
        return std::nullopt;
    gate_job found;
    found.key = job.meta.key();
    found.what = *what;
    found.repository = label(job, restic::repository_label);
    found.started = !job.suspended;
    found.created_at = job.meta.created_at.value_or(instant{});
    return found;
}

std::optional<std::string> must_wait(const std::vector<gate_job>& all, const gate_job& candidate) {
    if (candidate.what == role::list)
        return std::nullopt;
    const bool alone = restic::exclusive(candidate.what);
    const gate_job* ahead = nullptr;
    for (const auto& each : all) {
        if (each.key == candidate.key || each.repository != candidate.repository || each.what == role::list)
            continue;
        const bool in_the_way = each.started && (alone || restic::exclusive(each.what));
        if (in_the_way)
            return "waiting for " + named(each) + ", which " + std::string(doing(each.what));
        const bool goes_first =
            !each.started && each.what != role::init && restic::exclusive(each.what) && older(each, candidate);
        if (goes_first && (ahead == nullptr || older(each, *ahead)))
            ahead = &each;
    }
    if (ahead == nullptr)
        return std::nullopt;
    return "waiting behind " + named(*ahead) + ", which " + std::string(doing(ahead->what)) + " and is next";
}

} // namespace soteria::backup
