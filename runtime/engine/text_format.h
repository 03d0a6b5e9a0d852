// The text formats that a schema's `format` may assert.
#pragma once

#include <string_view>

namespace footlight {

bool is_date(std::string_view text);       // RFC 3339 full-date, in the calendar
bool is_date_time(std::string_view text);  // RFC 3339 date-time; a leap second where UTC may have one
bool is_email(std::string_view text);      // RFC 5321 mailbox, ASCII
bool is_uri(std::string_view text);        // RFC 3986, with a scheme
bool is_uuid(std::string_view text);       // RFC 4122

}  // namespace footlight
