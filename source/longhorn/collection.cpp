#include "collection.hpp"

#include <soteria/longhorn/decode.hpp>

#include <boost/json/error.hpp>
#include <boost/json/value.hpp>

#include <algorithm>

namespace soteria::longhorn {

namespace json = boost::json;

bool collection_handler::fail(std::string message, error_code& ec) {
    if (!error)
        error = failure(errc::bad_answer, std::move(message));
    ec = json::error::syntax;
    return false;
}

bool collection_handler::begin(bool array, error_code& ec) {
    if (depth_ == 0 && array)
        return fail("Longhorn's answer makes no sense: a list without a collection around it.", ec);
    if (depth_ == 1 && outer_key_ == "data") {
        if (!array || saw_data)
            return fail("Longhorn's answer makes no sense: its \"data\" is not one list.", ec);
        saw_data = in_data_ = true;
    } else if (in_item() && depth_ == 2) {
        if (array)
            return fail("Longhorn's answer makes no sense: an item of its \"data\" is not an object.", ec);
        stack_.reset(&memory_);
        stack_ready_ = true;
        kept_members_ = 0;
    }
    ++depth_;
    return true;
}

bool collection_handler::end(bool array, std::size_t count, error_code& ec) {
    --depth_;
    if (skip_depth_ != 0) {
        if (depth_ == skip_depth_)
            skip_depth_ = 0;
        return true;
    }
    if (!in_data_)
        return true;
    if (depth_ == 1) {
        in_data_ = false;
        return true;
    }
    if (array)
        stack_.push_array(count);
    else
        stack_.push_object(depth_ == 2 ? kept_members_ : count);
    return depth_ != 2 || item_done(ec);
}

bool collection_handler::item_done(error_code& ec) {
    result<void> taken;
    {
        const auto item = stack_.release();
        taken = take_(item.get_object());
    }
    stack_ready_ = false;
    stack_.reset({});
    memory_.release();
    if (taken)
        return true;
    error = taken.error();
    ec = json::error::syntax;
    return false;
}

bool collection_handler::on_key_part(text part, std::size_t /*total*/, error_code& /*ec*/) {
    if (skip_depth_ == 0)
        key_.append(part);
    return true;
}

bool collection_handler::on_key(text part, std::size_t /*total*/, error_code& /*ec*/) {
    if (skip_depth_ != 0)
        return true;
    key_.append(part);
    if (!in_data_) {
        if (depth_ == 1)
            outer_key_ = key_;
    } else if (depth_ != 3) {
        stack_.push_key(key_);
    } else if (std::ranges::find(members_, std::string_view(key_)) != members_.end()) {
        stack_.push_key(key_);
        ++kept_members_;
    } else {
        skip_depth_ = depth_;
    }
    key_.clear();
    return true;
}

// After a value that is no container.
bool collection_handler::scalar_done(error_code& ec) {
    if (depth_ == 0)
        return fail("Longhorn's answer makes no sense: a single value where a list was asked for.", ec);
    if (skip_depth_ == depth_)
        skip_depth_ = 0;
    else if (in_data_ && depth_ == 2)
        return fail("Longhorn's answer makes no sense: an item of its \"data\" is not an object.", ec);
    return true;
}

bool collection_handler::on_string_part(text part, std::size_t /*total*/, error_code& /*ec*/) {
    if (keeps() && stack_ready_)
        stack_.push_chars(part);
    else if (!in_data_ && depth_ == 1 && outer_text_.size() < 200)
        outer_text_.append(part.substr(0, 200));
    return true;
}

bool collection_handler::on_string(text part, std::size_t total, error_code& ec) {
    if (keeps() && stack_ready_) {
        stack_.push_string(part);
    } else if (!in_data_ && depth_ == 1) {
        (void)on_string_part(part, total, ec);
        if (outer_key_ == "type")
            type = outer_text_;
        else if (outer_key_ == "resourceType")
            resource_type = outer_text_;
        outer_text_.clear();
    }
    return scalar_done(ec);
}

bool collection_handler::on_int64(std::int64_t number, text /*digits*/, error_code& ec) {
    if (keeps() && stack_ready_)
        stack_.push_int64(number);
    return scalar_done(ec);
}

bool collection_handler::on_uint64(std::uint64_t number, text /*digits*/, error_code& ec) {
    if (keeps() && stack_ready_)
        stack_.push_uint64(number);
    return scalar_done(ec);
}

bool collection_handler::on_double(double number, text /*digits*/, error_code& ec) {
    if (keeps() && stack_ready_)
        stack_.push_double(number);
    return scalar_done(ec);
}

bool collection_handler::on_bool(bool flag, error_code& ec) {
    if (keeps() && stack_ready_)
        stack_.push_bool(flag);
    return scalar_done(ec);
}

bool collection_handler::on_null(error_code& ec) {
    if (depth_ == 1 && outer_key_ == "data")
        saw_data = true; // an empty list, as Go may write one
    if (keeps() && stack_ready_)
        stack_.push_null();
    return scalar_done(ec);
}

} // namespace soteria::longhorn
