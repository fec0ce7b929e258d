#include "posted.hpp"

#include "body.hpp"

#include <soteria/base/quantity.hpp>
#include <soteria/domain/names.hpp>
#include <soteria/domain/tags.hpp>

#include <algorithm>
#include <array>

namespace soteria::web {
namespace {

constexpr std::size_t most_snapshot_bytes = 253; // Longhorn's names are Kubernetes'
constexpr std::size_t most_url_bytes = 2048;

constexpr std::array<std::string_view, 5> backup_fields{"namespace", "pvc", "tags", "dry_run", "driver"};
constexpr std::array<std::string_view, 13> restore_fields{
    "namespace", "pvc",           "snapshot", "backup_url",   "target_namespace", "target_pvc",   "dry_run",
    "driver",    "storage_class", "capacity", "access_modes", "verify",           "allow_foreign"};
constexpr std::array<std::string_view, 4> access_mode_names{"ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany",
                                                            "ReadWriteOncePod"};

void check(field_reader& fields, const result<void>& outcome) {
    if (!outcome)
        fields.fail(outcome.error());
}

void refuse(field_reader& fields, std::string message, std::string code) {
    fields.fail(failure(errc::invalid, std::move(message), std::move(code)));
}

bool is_visible(std::string_view text, std::size_t most_bytes) {
    return !text.empty() && text.size() <= most_bytes &&
           std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

constexpr std::string_view restic = "restic";
constexpr std::string_view longhorn = "longhorn";

void refuse_by_driver(field_reader& fields, std::string message, std::string code) {
    fields.fail(failure(errc::unprocessable, std::move(message), std::move(code)));
}

void refuse_field(field_reader& fields, std::string_view field, std::string_view driver) {
    refuse_by_driver(fields,
                     "\"" + std::string(field) + "\" cannot be honoured by the " + std::string(driver) +
                         " driver; leave it out",
                     "unsupported_field");
}

// The one that is named, or the only one; empty: it is left open.
std::string read_driver(field_reader& fields, const configured_drivers& drivers) {
    const auto named = fields.text("driver");
    if (!named)
        return drivers.all.size() > 1 ? std::string() : drivers.standard;
    if (drivers.has(*named))
        return *named;
    std::string all;
    for (const auto& each : drivers.all)
        all += (all.empty() ? "" : " and ") + each;
    refuse_by_driver(fields,
                     "\"driver\": \"" + named->substr(0, 40) + "\" is not configured here; this service uses " + all,
                     "driver_not_configured");
    return drivers.standard;
}

void read_tags(field_reader& fields, domain::operation_request& into) {
    into.tags = fields.texts("tags").value_or(std::vector<std::string>());
    if (into.driver == restic)
        return check(fields, domain::check_restic_tags(into.tags));
    if (const auto labels = domain::tags_to_labels(into.tags); !labels)
        fields.fail(labels.error());
}

void read_which_backup(field_reader& fields, domain::operation_request& into) {
    const auto snapshot = fields.text("snapshot");
    const auto url = fields.text("backup_url");
    if (snapshot && url)
        return refuse(fields, "\"snapshot\" and \"backup_url\" exclude each other; send one", "conflicting_fields");
    if (snapshot && !is_visible(*snapshot, most_snapshot_bytes))
        return refuse(fields, "\"snapshot\" must be \"latest\" or the name of a backup, 1 to 253 visible characters",
                      "invalid_snapshot");
    if (url && !is_visible(*url, most_url_bytes))
        return refuse(fields, "\"backup_url\" must be 1 to 2048 visible characters", "invalid_backup_url");
    into.backup_url = url.value_or("");
    into.snapshot = url ? "" : snapshot.value_or("latest");
}

void read_target(field_reader& fields, domain::operation_request& into, bool may_be_missing) {
    into.target.ns = into.source.ns;
    if (const auto target_namespace = fields.text("target_namespace")) {
        into.target.ns = *target_namespace;
        check(fields, domain::check_namespace("target_namespace", into.target.ns));
    }
    if (!may_be_missing || fields.has("target_pvc")) {
        into.target.name = fields.required_text("target_pvc");
        check(fields, domain::check_pvc_name("target_pvc", into.target.name));
    }
}

void read_shape(field_reader& fields, domain::operation_request& into) {
    if (const auto storage_class = fields.text("storage_class")) {
        into.storage_class = *storage_class;
        if (!domain::is_dns_subdomain(into.storage_class))
            refuse(fields, "\"storage_class\" is not the name of a storage class", "invalid_name");
    }
    if (const auto capacity = fields.text("capacity")) {
        into.capacity = *capacity;
        if (parse_quantity(into.capacity).value_or(0) == 0)
            refuse(fields, "\"capacity\" is not a size above zero, such as \"50Gi\"", "invalid_quantity");
    }
    if (const auto modes = fields.texts("access_modes")) {
        into.access_modes = *modes;
        auto sorted = *modes;
        std::ranges::sort(sorted);
        const bool known = std::ranges::all_of(
            sorted, [](const auto& m) { return std::ranges::find(access_mode_names, m) != access_mode_names.end(); });
        if (sorted.empty() || !known || std::ranges::adjacent_find(sorted) != sorted.end())
            refuse(fields,
                   "\"access_modes\" takes one or more, each once, of ReadWriteOnce, ReadOnlyMany, ReadWriteMany, "
                   "ReadWriteOncePod",
                   "invalid_access_modes");
    }
}

// A test that leaves open what only restic can find out or do without.
bool leaves_open(const field_reader& fields, domain::operation_kind kind) {
    return kind == domain::operation_kind::restore_test && !(fields.has("pvc") && fields.has("target_pvc"));
}

// What only restic can do is refused aloud, not ignored.
void refuse_unnamed_test(field_reader& fields) {
    if (!fields.has("pvc"))
        refuse_by_driver(fields, "\"pvc\" may be missing only under the restic driver; name the PVC", "pvc_required");
    if (!fields.has("target_pvc"))
        refuse_by_driver(fields,
                         "\"target_pvc\" may be missing only under the restic driver; name the PVC to restore into",
                         "target_pvc_required");
}

// Without a target it is restored into a volume that has no class, no size of its own and no mode.
void refuse_shape_without_target(field_reader& fields) {
    for (const std::string_view field : {"storage_class", "capacity", "access_modes"})
        if (fields.has(field))
            refuse_by_driver(fields,
                             "\"" + std::string(field) + "\" is of the PVC to restore into; name one in \"target_pvc\"",
                             "unsupported_field");
}

// Which driver, as far as the request's own text says: the one that is named; else, where something is asked for that
// only one can do, that one.
void choose_driver(field_reader& fields, domain::operation_request& into, domain::operation_kind kind,
                   const configured_drivers& drivers) {
    into.driver = read_driver(fields, drivers);
    const bool needs_restic = fields.has("verify") || leaves_open(fields, kind);
    if (into.driver.empty() && needs_restic)
        into.driver = restic;
    if (into.driver == longhorn && fields.has("verify"))
        refuse_field(fields, "verify", longhorn);
    if (into.driver == restic && fields.has("backup_url"))
        refuse_field(fields, "backup_url", restic);
}

result<posted_request> finished(const field_reader& fields, posted_request made) {
    if (const auto outcome = fields.outcome(); !outcome)
        return outcome.error();
    return made;
}

} // namespace

bool configured_drivers::has(std::string_view name) const {
    return std::ranges::find(all, name) != all.end();
}

result<posted_request> read_backup(std::string_view body, const configured_drivers& drivers) {
    auto object = read_json_object(body, backup_fields);
    if (!object)
        return object.error();
    posted_request made;
    made.digest = body_digest(*object);
    field_reader fields(std::move(*object));
    made.request.source.ns = fields.required_text("namespace");
    check(fields, domain::check_namespace("namespace", made.request.source.ns));
    made.request.source.name = fields.required_text("pvc");
    check(fields, domain::check_pvc_name("pvc", made.request.source.name));
    made.dry_run = fields.flag("dry_run").value_or(false);
    made.request.driver = read_driver(fields, drivers);
    if (made.request.driver.empty())
        made.request.driver = drivers.standard;
    read_tags(fields, made.request);
    return finished(fields, std::move(made));
}

result<posted_request> read_restore(std::string_view body, domain::operation_kind kind,
                                    const configured_drivers& drivers) {
    auto object = read_json_object(body, restore_fields);
    if (!object)
        return object.error();
    posted_request made;
    made.digest = body_digest(*object);
    field_reader fields(std::move(*object));
    auto& request = made.request;
    request.source.ns = fields.required_text("namespace");
    check(fields, domain::check_namespace("namespace", request.source.ns));
    const bool restic_test = leaves_open(fields, kind) && drivers.has(restic) &&
                             fields.text("driver").value_or(std::string(restic)) == restic;
    if (leaves_open(fields, kind) && !restic_test)
        refuse_unnamed_test(fields);
    if (!restic_test || fields.has("pvc")) {
        request.source.name = fields.required_text("pvc");
        check(fields, domain::check_pvc_name("pvc", request.source.name));
    }
    read_which_backup(fields, request);
    read_target(fields, request, restic_test);
    made.dry_run = fields.flag("dry_run").value_or(false);
    request.allow_foreign = fields.flag("allow_foreign").value_or(false);
    request.verify = fields.flag("verify").value_or(true);
    read_shape(fields, request);
    if (restic_test && request.target.name.empty())
        refuse_shape_without_target(fields);
    choose_driver(fields, request, kind, drivers);
    return finished(fields, std::move(made));
}

} // namespace soteria::web
