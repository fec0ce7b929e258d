#include "families.hpp"

#include <soteria/domain/freshness.hpp>

#include <array>
#include <charconv>
#include <string_view>

namespace soteria::metrics {
namespace {

using domain::health;

constexpr std::array all_health{health::fresh,   health::stale,       health::missing,
                                health::unknown, health::unsupported, health::unbound};

constexpr double seconds_an_hour = 3600;

// The report may be a minute old: what the clock alone changes is decided again.
health health_now(const inventory::row& row, instant now, std::chrono::duration<double> max_age) {
    if (row.health == health::fresh || row.health == health::stale)
        return domain::freshness(row.last_backup_at, now, max_age);
    return row.health;
}

void append_escaped(std::string& to, std::string_view value) {
    for (const char c : value) {
        if (c == '\\' || c == '"')
            to += '\\';
        to += c == '\n' ? "\\n" : std::string_view(&c, 1);
    }
}

void append_number(std::string& to, double value) {
    std::array<char, 350> text{}; // holds any number
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed).ptr;
    to.append(text.data(), end);
}

// One family as it is written.
class text_family {
public:
    text_family(std::string_view name, std::string_view help, std::size_t series) : name_(name) {
        constexpr std::size_t usual_line = 160;
        text_.reserve(series * usual_line);
        text_.append("# HELP ").append(name).append(" ").append(help).append("\n");
        text_.append("# TYPE ").append(name).append(" gauge\n");
    }

    void add(const std::string& labels, double value) {
        text_.append(name_).append(labels);
        append_number(text_, value);
        text_ += '\n';
    }

    [[nodiscard]] const std::string& text() const { return text_; }

private:
    std::string_view name_;
    std::string text_;
};

// With the blank that the value follows.
void set_labels(std::string& to, const inventory::row& row) {
    to = "{namespace=\"";
    append_escaped(to, row.pvc.ns);
    to += "\",pvc=\"";
    append_escaped(to, row.pvc.name);
    to += "\",volume=\"";
    append_escaped(to, row.volume);
    to += "\",driver=\"";
    append_escaped(to, row.driver);
    to += "\"} ";
}

} // namespace

std::string claims_text(const inventory::report& report, instant now, std::chrono::duration<double> max_age) {
    const auto rows = report.rows.size();
    text_family age("pvc_backup_age_hours", "Age of the data of the newest complete backup, in hours.", rows);
    text_family healthy("pvc_backup_health", "1 if the newest complete backup is recent enough, else 0.", rows);
    text_family success("pvc_backup_last_success_timestamp_seconds",
                        "Time of the data of the newest complete backup; 0 if there is none.", rows);
    text_family count("pvc_backup_count", "Complete backups of the PVC's present volume.", rows);
    std::string with;
    for (const auto& row : report.rows) {
        if (row.deleted || row.health == health::unsupported)
            continue;
        set_labels(with, row);
        if (row.last_backup_at)
            age.add(with, domain::age(*row.last_backup_at, now).count() / seconds_an_hour);
        healthy.add(with, health_now(row, now, max_age) == health::fresh ? 1 : 0);
        success.add(with, row.last_backup_at ? unix_seconds(*row.last_backup_at) : 0);
        count.add(with, static_cast<double>(row.backup_count));
    }
    return age.text() + healthy.text() + success.text() + count.text();
}

void add_reasons(family_list& to, const inventory::report& report, instant now, std::chrono::duration<double> max_age) {
    std::array<double, all_health.size()> reasons{};
    for (const auto& row : report.rows)
        if (!row.deleted)
            ++reasons[static_cast<std::size_t>(health_now(row, now, max_age))];
    auto pvcs = gauge_family("soteria_pvcs", "PVCs by the state of their backups.");
    for (const auto reason : all_health)
        add_gauge(pvcs, {{"health_reason", std::string(domain::to_string(reason))}},
                  reasons[static_cast<std::size_t>(reason)]);
    to.push_back(std::move(pvcs));
}

void add_refresh(family_list& to, const refresh_state& state) {
    auto failures = counter_family("soteria_inventory_refresh_failures_total",
                                   "Refreshes of the inventory in which a driver did not give every answer.");
    add_counter(failures, {}, static_cast<double>(state.failures));
    auto last = gauge_family("soteria_inventory_refresh_timestamp_seconds",
                             "When every configured driver answered last; 0 if never.");
    add_gauge(last, {}, state.last_complete ? unix_seconds(*state.last_complete) : 0);
    to.push_back(std::move(failures));
    to.push_back(std::move(last));
}

} // namespace soteria::metrics
