#include "decode_object.hpp"

#include <soteria/kube/workloads.hpp>

namespace soteria::kube {

namespace json = boost::json;

namespace {

void read_end(const json_fields& status, job& one) {
    for (const auto& condition : status.objects("conditions")) {
        if (condition.text("status") != "True")
            continue;
        const auto type = condition.text("type");
        if (type != "Complete" && type != "Failed")
            continue;
        one.ended = type == "Complete" ? job::end::complete : job::end::failed;
        one.reason = condition.text("reason");
        one.message = condition.text("message");
    }
}

container_status read_container(const json_fields& fields, bool init) {
    container_status one;
    one.name = fields.text("name");
    one.init = init;
    const auto state = fields.object("state");
    const auto ended = state.object("terminated");
    const auto running = state.object("running");
    const auto waiting = state.object("waiting");
    if (ended.present()) {
        one.now = container_status::state::terminated;
        one.reason = ended.text("reason");
        one.message = ended.text("message");
        one.exit_code = static_cast<int>(ended.number("exitCode").value_or(0));
        one.finished_at = ended.time("finishedAt");
    } else if (running.present()) {
        one.now = container_status::state::running;
    } else {
        one.reason = waiting.text("reason");
        one.message = waiting.text("message");
    }
    return one;
}

void read_status(const json_fields& status, pod& one) {
    one.phase = status.text("phase");
    one.reason = status.text("reason");
    one.message = status.text("message");
    for (const auto& condition : status.objects("conditions"))
        if (condition.text("type") == "PodScheduled" && condition.text("status") == "False" &&
            condition.text("reason") != "SchedulingGated")
            one.unschedulable = condition.text("message");
    for (const auto& container : status.objects("initContainerStatuses"))
        one.containers.push_back(read_container(container, true));
    for (const auto& container : status.objects("containerStatuses"))
        one.containers.push_back(read_container(container, false));
}

// A copy of its own: decoded values keep no reference to the JSON that they came from.
json::object copied(const json_fields& fields) {
    return fields.present() ? json::object(*fields.raw(), json::storage_ptr()) : json::object();
}

void read_spec(const json_fields& spec, pod& one) {
    one.node = spec.text("nodeName");
    for (const auto& volume : spec.objects("volumes"))
        if (const auto claim = volume.object("persistentVolumeClaim"); claim.present())
            one.claims.push_back(claim.text("claimName"));
    for (const auto& each : spec.objects("tolerations"))
        one.tolerations.push_back(copied(each));
    one.selinux = copied(spec.object("securityContext").object("seLinuxOptions"));
    if (!one.selinux.empty())
        return;
    if (const auto containers = spec.objects("containers"); !containers.empty())
        one.selinux = copied(containers.front().object("securityContext").object("seLinuxOptions"));
}

} // namespace

result<job> decode_job(const json::object& object) {
    const auto read = [](const json_fields& whole, job& one) {
        const auto spec = whole.object("spec");
        one.suspended = spec.flag("suspend");
        one.ttl_seconds = spec.number("ttlSecondsAfterFinished");
        read_end(whole.object("status"), one);
    };
    return decode_object<job>("Job", object, read);
}

result<pod> decode_pod(const json::object& object) {
    const auto read = [](const json_fields& whole, pod& one) {
        for (const auto& owner : whole.object("metadata").objects("ownerReferences"))
            if (owner.flag("controller"))
                one.owner_uid = owner.text("uid");
        read_spec(whole.object("spec"), one);
        read_status(whole.object("status"), one);
    };
    return decode_object<pod>("Pod", object, read);
}

result<core_event> decode_core_event(const json::object& object) {
    const auto read = [](const json_fields& whole, core_event& one) {
        one.about_uid = whole.object("involvedObject").text("uid");
        one.type = whole.text("type");
        one.reason = whole.text("reason");
        one.message = whole.text("message");
        // Events of the newer API (the scheduler's) have no lastTimestamp; a series has its own.
        one.last_seen = whole.object("series").time("lastObservedTime");
        for (const auto* field : {"lastTimestamp", "eventTime"})
            if (!one.last_seen)
                one.last_seen = whole.time(field);
        if (!one.last_seen)
            one.last_seen = one.meta.created_at;
    };
    return decode_object<core_event>("Event", object, read);
}

} // namespace soteria::kube
