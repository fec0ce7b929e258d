// Longhorn's JSON as values. Unknown fields are ignored; missing, null and blank ones are empty (Longhorn 1.6 and 1.7
// lack some, and everything is blank for a moment after it is made). Numbers may come as strings. A used field of
// another type, another resource type, HTML, truncated text: bad_answer, with a sentence that says which.
// Texts that Longhorn took from elsewhere are bounded() to 500 bytes. A time that cannot be read counts as absent: one
// odd backup in a store must not hide the others.
#pragma once

#include <soteria/base/result.hpp>
#include <soteria/longhorn/objects.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace soteria::longhorn {

// At most `limit` bytes (5 or more), cut between characters: both ends are kept, with " ... " between them. Longhorn's
// texts begin with what was done and end with why it failed.
std::string bounded(std::string_view text, std::size_t limit = 500);

// T: volume, snapshot, backup, backup_volume, backup_target.
template <class T>
result<T> decode(std::string_view text);

// A collection, fed in parts of any size, so that a large one need not hold the loop; keeps one item's JSON at a time.
// After an error every further call returns it again.
template <class T>
class list_decoder {
public:
    list_decoder();
    ~list_decoder();
    list_decoder(list_decoder&&) noexcept;
    list_decoder& operator=(list_decoder&&) noexcept;

    result<void> feed(std::string_view part);
    // The end of the text. An object without "data" is no empty list, but bad_answer.
    result<std::vector<T>> finish();

private:
    struct implementation;
    std::unique_ptr<implementation> implementation_;
};

// feed() and finish() in one go: for small texts.
template <class T>
result<std::vector<T>> decode_list(std::string_view text);

} // namespace soteria::longhorn
