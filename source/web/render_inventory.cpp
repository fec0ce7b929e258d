#include <soteria/base/digest.hpp>
#include <soteria/web/render.hpp>

#include <boost/json/serialize.hpp>

#include <array>
#include <cstdio>

namespace soteria::web {
namespace {

// Appends the members of one JSON object. Boost.JSON would write 0.58 as 5.8E-1.
class object_text {
public:
    explicit object_text(std::string& out) : out_(out) { out_ += '{'; }

    void end() { out_ += '}'; }

    void text(std::string_view name, std::string_view value) {
        key(name);
        out_ += boost::json::serialize(boost::json::string_view(value.data(), value.size()));
    }

    void raw(std::string_view name, std::string_view value) {
        key(name);
        out_ += value;
    }

    void number(std::string_view name, std::int64_t value) { raw(name, std::to_string(value)); }

    void flag(std::string_view name, bool value) { raw(name, value ? "true" : "false"); }

    void time(std::string_view name, std::optional<instant> when) {
        if (when)
            text(name, format_rfc3339(*when));
    }

private:
    void key(std::string_view name) {
        if (!first_)
            out_ += ',';
        first_ = false;
        out_.append("\"").append(name).append("\":");
    }

    std::string& out_;
    bool first_ = true;
};

std::string hours(std::chrono::duration<double> age) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.2f", age.count() / 3600);
    return text.data();
}

std::string seconds(double count) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f", count);
    return text.data();
}

std::string render_drivers(const std::map<std::string, inventory::driver_row>& drivers) {
    std::string out;
    object_text all(out);
    for (const auto& [name, row] : drivers) {
        std::string one;
        object_text members(one);
        members.time("last_backup_at", row.last_backup_at);
        members.number("backup_count", row.backup_count);
        members.text("health_reason", to_string(row.health));
        members.end();
        all.raw(name, one);
    }
    all.end();
    return out;
}

// Without `generated_at` the age is left out: the content that replicas agree on.
std::string render_row(const inventory::row& row, std::optional<instant> generated_at) {
    std::string out;
    object_text members(out);
    members.text("namespace", row.pvc.ns);
    members.text("pvc", row.pvc.name);
    members.text("volume", row.volume);
    members.text("storage_class", row.storage_class);
    members.text("capacity", row.capacity);
    members.text("driver", row.driver);
    members.time("last_backup_at", row.last_backup_at);
    if (row.last_backup_at && generated_at)
        members.raw("last_backup_age_hours", hours(domain::age(*row.last_backup_at, *generated_at)));
    members.number("backup_count", row.backup_count);
    members.flag("healthy", row.health == domain::health::fresh);
    members.text("health_reason", to_string(row.health));
    if (!row.health_detail.empty())
        members.text("health_detail", row.health_detail);
    if (!row.drivers.empty())
        members.raw("drivers", render_drivers(row.drivers));
    if (row.last_backup_size_bytes)
        members.number("last_backup_size_bytes", *row.last_backup_size_bytes);
    if (row.verified) {
        members.time("restore_verified_at", row.verified->at);
        members.raw("restore_verified_seconds", seconds(row.verified->seconds));
    }
    if (row.deleted)
        members.flag("deleted", true);
    members.end();
    return out;
}

} // namespace

std::string render(const inventory::row& row, instant now) {
    return render_row(row, now);
}

inventory_text render(const inventory::report& report, bool with_deleted) {
    std::string body = "{\"generated_at\":\"" + format_rfc3339(report.generated_at) + "\",\"namespaces\":[";
    std::string content;
    const std::string* open_namespace = nullptr;
    for (const auto& row : report.rows) {
        if (row.deleted && !with_deleted)
            continue;
        if (open_namespace == nullptr || *open_namespace != row.pvc.ns) {
            body += (open_namespace == nullptr ? "" : "]},");
            body += "{\"name\":\"" + row.pvc.ns + "\",\"pvcs\":[";
            open_namespace = &row.pvc.ns;
        } else {
            body += ',';
        }
        body += render_row(row, report.generated_at);
        content += render_row(row, std::nullopt);
    }
    body += open_namespace == nullptr ? "]}\n" : "]}]}\n";
    return {std::move(body), "W/\"" + sha256_hex(content).substr(0, 24) + "\""};
}

} // namespace soteria::web
