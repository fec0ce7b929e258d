// Listing operations: filters, order and the continue token.
#include <soteria/operations/cluster_requests.hpp>

#include <algorithm>
#include <memory>

namespace soteria::operations {
namespace {

using domain::operation;

// Newest first; equal times by id, so that a page's end is one certain place.
bool comes_before(const operation& left, const operation& right) {
    if (left.created_at != right.created_at)
        return left.created_at > right.created_at;
    return left.id() > right.id();
}

bool matches(const operation& one, const operation_filter& filter) {
    const auto& subject = slot_subject(one);
    if (!filter.ns.empty() && one.ns != filter.ns && one.request.source.ns != filter.ns)
        return false;
    if (!filter.pvc.empty() && one.request.source.name != filter.pvc && subject.name != filter.pvc)
        return false;
    return (!filter.kind || one.kind == *filter.kind) && (!filter.phase || one.phase == *filter.phase) &&
           (!filter.visible || filter.visible(one));
}

// "<created>~<id>" of the last operation of a page: the next page begins after it, whatever came or went meanwhile.
std::string token_after(const operation& last) {
    return format_rfc3339(last.created_at) + "~" + last.id();
}

result<operation> parse_token(const std::string& token) {
    const auto tilde = token.find('~');
    const auto created = tilde == std::string::npos ? std::nullopt : parse_rfc3339(token.substr(0, tilde));
    const auto key = created ? domain::parse_operation_id(std::string_view(token).substr(tilde + 1)) : std::nullopt;
    if (!created || !key)
        return failure(errc::invalid, "\"continue\" is not a token of this list; leave it out to start over",
                       "bad_continue");
    operation last;
    last.kind = key->kind;
    last.ns = key->ns;
    last.name = key->name;
    last.created_at = *created;
    return last;
}

} // namespace

result<operation_page> cluster_requests::list(const operation_filter& filter) const {
    operation after;
    if (!filter.continue_token.empty()) {
        auto parsed = parse_token(filter.continue_token);
        if (!parsed)
            return parsed.error();
        after = std::move(*parsed);
    }
    std::vector<const operation*> found;
    for (const auto kind : {domain::operation_kind::backup, domain::operation_kind::restore})
        for (const auto& [key, record] : records_.cache_of(kind).all())
            if (matches(record->operation, filter) &&
                (filter.continue_token.empty() || comes_before(after, record->operation)))
                found.push_back(&record->operation);
    const std::size_t shown = std::min(filter.limit, found.size());
    std::ranges::partial_sort(
        found, found.begin() + static_cast<std::ptrdiff_t>(shown),
        [](const operation* left, const operation* right) { return comes_before(*left, *right); });
    operation_page page;
    for (std::size_t i = 0; i < shown; ++i)
        page.operations.push_back(*found[i]);
    line_.tell(page.operations);
    if (found.size() > shown && shown > 0)
        page.continue_token = token_after(page.operations.back());
    return page;
}

// Restore tests are Restores.
std::set<std::pair<domain::operation_kind, std::string>> cluster_requests::places() const {
    std::set<std::pair<domain::operation_kind, std::string>> found;
    for (const auto kind : {domain::operation_kind::backup, domain::operation_kind::restore})
        for (const auto& [key, record] : records_.cache_of(kind).all())
            found.emplace(kind, key.ns);
    return found;
}

} // namespace soteria::operations
