#include "claims.hpp"

#include "families.hpp"

#include <charconv>
#include <string_view>

namespace soteria::metrics {
namespace {

using domain::health;

// The format wants all series of a family together: so many passes over the rows.
struct family_head {
    std::string_view name;
    std::string_view help;
};

enum family_index : std::size_t { age, healthy, success, count, verified_at, verified_seconds };

constexpr std::array<family_head, 6> heads{{
    {"pvc_backup_age_hours", "Age of the data of the newest complete backup, in hours."},
    {"pvc_backup_health", "1 if the newest complete backup is recent enough, else 0."},
    {"pvc_backup_last_success_timestamp_seconds",
     "Time of the data of the newest complete backup; 0 if there is none."},
    {"pvc_backup_count", "Complete backups of the PVC's present volume."},
    {"soteria_restore_verified_timestamp_seconds",
     "When the PVC's backup was last restored, read again and compared; no series: never, as far as is on record."},
    {"soteria_restore_verified_duration_seconds", "How long that restore took."},
}};

constexpr double seconds_an_hour = 3600;

void append_escaped(std::string& to, std::string_view value) {
    for (auto odd = value.find_first_of("\\\"\n"); odd != std::string_view::npos; odd = value.find_first_of("\\\"\n")) {
        to.append(value.substr(0, odd)).append(1, '\\');
        to += value[odd] == '\n' ? 'n' : value[odd];
        value.remove_prefix(odd + 1);
    }
    to.append(value);
}

// Without an exponent: a time in seconds keeps all of its digits.
void append_number(std::string& to, double value) {
    std::array<char, 350> text{}; // holds any number
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed).ptr;
    to.append(text.data(), end);
}

void append_labels(std::string& to, std::size_t family, const inventory::row& row) {
    const bool of_proof = family == verified_at || family == verified_seconds;
    to += "{namespace=\"";
    append_escaped(to, row.pvc.ns);
    to += "\",pvc=\"";
    append_escaped(to, row.pvc.name);
    if (!of_proof) {
        to += "\",volume=\"";
        append_escaped(to, row.volume);
    }
    to += "\",driver=\"";
    append_escaped(to, of_proof ? row.verified.value_or(inventory::proof()).driver : row.driver);
    to += "\"} ";
}

bool has_series(std::size_t family, const inventory::row& row, health now_is) {
    switch (family) {
    case verified_at:
    case verified_seconds:
        return row.verified.has_value();
    case age:
        return now_is != health::unsupported && row.last_backup_at;
    default:
        return now_is != health::unsupported;
    }
}

double value_of(std::size_t family, const inventory::row& row, health now_is, instant now) {
    switch (family) {
    case age:
        return domain::age(row.last_backup_at.value_or(now), now).count() / seconds_an_hour;
    case healthy:
        return now_is == health::fresh ? 1 : 0;
    case success:
        return row.last_backup_at ? unix_seconds(*row.last_backup_at) : 0;
    case verified_at:
        return unix_seconds(row.verified.value_or(inventory::proof()).at);
    case verified_seconds:
        return row.verified.value_or(inventory::proof()).seconds;
    default:
        return static_cast<double>(row.backup_count);
    }
}

} // namespace

// The report may be a minute old: what the clock alone changes is decided again.
health claims_writer::health_of(const inventory::row& row) const {
    if (row.health == health::fresh || row.health == health::stale)
        return domain::freshness(row.last_backup_at, now_, max_age_);
    return row.health;
}

void claims_writer::add_row(std::string& to, const inventory::row& row) {
    if (row.deleted)
        return;
    const auto now_is = health_of(row);
    if (family_ == 0)
        ++by_health_[static_cast<std::size_t>(now_is)];
    if (!has_series(family_, row, now_is))
        return;
    to += heads[family_].name;
    append_labels(to, family_, row);
    append_number(to, value_of(family_, row, now_is, now_));
    to += '\n';
}

bool claims_writer::write(std::string& to, std::size_t bytes) {
    // Rows that write nothing are work too.
    constexpr std::size_t most_rows = 1000;
    for (std::size_t done = 0; family_ < heads.size() && to.size() < bytes && done < most_rows; ++done) {
        const auto& head = heads[family_];
        if (row_ == 0) {
            to.append("# HELP ").append(head.name).append(" ").append(head.help).append("\n");
            to.append("# TYPE ").append(head.name).append(" gauge\n");
        }
        if (row_ < report_->rows.size())
            add_row(to, report_->rows[row_++]);
        if (row_ >= report_->rows.size()) {
            row_ = 0;
            ++family_;
        }
    }
    return family_ < heads.size();
}

void add_reasons(family_list& to, const health_counts& counts) {
    auto pvcs = gauge_family("soteria_pvcs", "PVCs by the state of their backups.");
    for (const auto reason : all_health)
        add_gauge(pvcs, {{"health_reason", std::string(domain::to_string(reason))}},
                  counts[static_cast<std::size_t>(reason)]);
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
