// Return codes of the level II driver interface (CANAL/VSCP numbers).
#ifndef WSD_CODES_H_
#define WSD_CODES_H_

namespace wsd {

constexpr int kSuccess = 0;
constexpr int kFifoFull = 9;
constexpr int kTimeout = 32;
constexpr int kNotOpen = 33;
constexpr int kParameter = 34;
constexpr int kMemory = 35;
constexpr int kInternal = 36;
constexpr int kInvalidHandle = 41;

}  // namespace wsd

#endif  // WSD_CODES_H_
