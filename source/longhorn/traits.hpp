// How each of Longhorn's resources is decoded, and which members are looked at.
#pragma once

#include <soteria/base/result.hpp>
#include <soteria/longhorn/objects.hpp>

#include <boost/json/object.hpp>

#include <span>
#include <string_view>

namespace soteria::longhorn {

// `members` lists what decode() reads; a list decoder skips all others unread.
template <class T>
struct traits;

template <>
struct traits<volume> {
    static constexpr std::string_view type = "volume";
    static std::span<const std::string_view> members();
    static result<volume> decode(const boost::json::object& object);
};

template <>
struct traits<snapshot> {
    static constexpr std::string_view type = "snapshotCR";
    static std::span<const std::string_view> members();
    static result<snapshot> decode(const boost::json::object& object);
};

template <>
struct traits<backup> {
    static constexpr std::string_view type = "backup";
    static std::span<const std::string_view> members();
    static result<backup> decode(const boost::json::object& object);
};

template <>
struct traits<backup_volume> {
    static constexpr std::string_view type = "backupVolume";
    static std::span<const std::string_view> members();
    static result<backup_volume> decode(const boost::json::object& object);
};

template <>
struct traits<backup_target> {
    static constexpr std::string_view type = "backupTarget";
    static std::span<const std::string_view> members();
    static result<backup_target> decode(const boost::json::object& object);
};

} // namespace soteria::longhorn
