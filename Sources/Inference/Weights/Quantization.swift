/// From floats to stored elements, for writing files.
///
/// Q8_0 and Q4_0 round as ggml's reference does, bit for bit; Q4_K follows its
/// `quantize_row_q4_K_ref` (`ggml-quants.c`).
enum Quantization {
  /// Types that can be written.
  static let types: [ElementType] = [.f32, .f16, .q8_0, .q4_0, .q4_k]

  /// Converts `count` finite elements, a multiple of the type's block size.
  static func convert(
    _ floats: UnsafePointer<Float>, count: Int, to type: ElementType,
    into target: UnsafeMutableRawPointer
  ) {
    switch type {
    case .f32: target.copyMemory(from: floats, byteCount: count * 4)
    case .f16:
      for index in 0..<count { store(half(floats[index]), target, index * 2) }
    default:
      for block in 0..<(count / type.blockSize) {
        let (source, target) = (floats + block * type.blockSize, target + block * type.blockBytes)
        switch type {
        case .q8_0: q8_0(source, target)
        case .q4_0: q4_0(source, target)
        case .q4_k: q4_k(source, target)
        default: preconditionFailure("\(type) is not written")
        }
      }
    }
  }

  @inline(__always)
  private static func store(_ value: UInt16, _ target: UnsafeMutableRawPointer, _ offset: Int) {
    target.storeBytes(of: value.littleEndian, toByteOffset: offset, as: UInt16.self)
  }

  /// Single to IEEE half, rounding to the nearest, ties to even.
  ///
  /// Adding a power of two that makes the sum's unit in the last place that of the half does the
  /// rounding (Maratyszcza's FP16 library).
  @inline(__always)
  static func half(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    let doubled = bits &+ bits
    let bias = max(doubled & 0xff00_0000, 0x7100_0000)
    let scaled = (value.magnitude * 0x1p112) * 0x1p-110
    let rounded = (Float(bitPattern: (bias >> 1) &+ 0x0780_0000) + scaled).bitPattern
    let magnitude = (rounded >> 13 & 0x7c00) &+ (rounded & 0x0fff)
    let sign = UInt16(bits >> 16 & 0x8000)
    return sign | (doubled > 0xff00_0000 ? 0x7e00 : UInt16(truncatingIfNeeded: magnitude))
  }

  /// `value` in `range`; its lower end for NaN, which sums of extreme values may become.
  @inline(__always)
  private static func bounded(_ value: Float, _ range: ClosedRange<Float>) -> Float {
    value >= range.lowerBound ? min(value, range.upperBound) : range.lowerBound
  }

  // MARK: Blocks of 32

  private static func q8_0(_ x: UnsafePointer<Float>, _ target: UnsafeMutableRawPointer) {
    var largest: Float = 0
    for index in 0..<32 { largest = max(largest, abs(x[index])) }
    let scale = largest / 127
    let inverse = scale.isNormal ? 1 / scale : 0
    store(half(scale), target, 0)
    for index in 0..<32 {
      let value = (x[index] * inverse).rounded(.toNearestOrAwayFromZero)
      target.storeBytes(
        of: Int8(bounded(value, -127...127)), toByteOffset: 2 + index, as: Int8.self)
    }
  }

  private static func q4_0(_ x: UnsafePointer<Float>, _ target: UnsafeMutableRawPointer) {
    var extreme: Float = 0  // the value of the largest magnitude, with its sign
    for index in 0..<32 where abs(x[index]) > abs(extreme) { extreme = x[index] }
    let scale = extreme / -8
    let inverse = scale.isNormal ? 1 / scale : 0
    store(half(scale), target, 0)
    func nibble(_ index: Int) -> UInt8 { UInt8(bounded(x[index] * inverse + 8.5, 0...15)) }
    for index in 0..<16 {
      target.storeBytes(
        of: nibble(index) | nibble(index + 16) << 4, toByteOffset: 2 + index, as: UInt8.self)
    }
  }

  // MARK: Blocks of 256

  private static func q4_k(_ x: UnsafePointer<Float>, _ target: UnsafeMutableRawPointer) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256 + 32) { buffer in
      let levels = buffer.baseAddress!
      var scales: (Float, Float, Float, Float, Float, Float, Float, Float) = (
        0, 0, 0, 0, 0, 0, 0, 0
      )
      var minimums = scales
      withUnsafeMutableBytes(of: &scales) { scales in
        withUnsafeMutableBytes(of: &minimums) { minimums in
          q4_k(
            x, target, levels: levels, trial: levels + 256,
            scales: scales.bindMemory(to: Float.self).baseAddress!,
            minimums: minimums.bindMemory(to: Float.self).baseAddress!)
        }
      }
    }
  }

  /// - Parameters: `levels` `[256]`, `trial` `[32]`, `scales` `[8]` and `minimums` `[8]` are scratch.
  private static func q4_k(
    _ x: UnsafePointer<Float>, _ target: UnsafeMutableRawPointer,
    levels: UnsafeMutablePointer<UInt8>, trial: UnsafeMutablePointer<UInt8>,
    scales: UnsafeMutablePointer<Float>, minimums: UnsafeMutablePointer<Float>
  ) {
    var largestScale: Float = 0
    var largestMinimum: Float = 0
    for group in 0..<8 {
      let fit = fitGroup(x + group * 32, levels: levels + group * 32, trial: trial)
      scales[group] = fit.scale
      minimums[group] = fit.minimum
      largestScale = max(largestScale, fit.scale)
      largestMinimum = max(largestMinimum, fit.minimum)
    }
    store(half(largestScale / 63), target, 0)
    store(half(largestMinimum / 63), target, 2)
    let scale = Dequantization.float(half: half(largestScale / 63))
    let minimum = Dequantization.float(half: half(largestMinimum / 63))
    let packed = (target + 4).assumingMemoryBound(to: UInt8.self)
    for index in 0..<12 { packed[index] = 0 }
    for group in 0..<8 {
      let step = sixBits(scales[group], of: largestScale)
      let offset = sixBits(minimums[group], of: largestMinimum)
      if group < 4 {
        packed[group] = step
        packed[group + 4] = offset
      } else {
        packed[group + 4] = step & 15 | (offset & 15) << 4
        packed[group - 4] |= (step >> 4) << 6
        packed[group] |= (offset >> 4) << 6
      }
      let (d, m) = (scale * Float(step), minimum * Float(offset))
      guard d != 0 else { continue }
      for index in group * 32..<(group + 1) * 32 {
        levels[index] = UInt8(bounded(((x[index] + m) / d).rounded(.toNearestOrEven), 0...15))
      }
    }
    for pair in 0..<4 {
      for index in 0..<32 {
        let value = levels[pair * 64 + index] | levels[pair * 64 + 32 + index] << 4
        target.storeBytes(of: value, toByteOffset: 16 + pair * 32 + index, as: UInt8.self)
      }
    }
  }

  private static func sixBits(_ value: Float, of largest: Float) -> UInt8 {
    guard largest > 0 else { return 0 }
    return UInt8(bounded((63 / largest * value).rounded(.toNearestOrEven), 0...63))
  }

  /// The scale and minimum (as a positive number to subtract) that fit 32 values best with 16 levels,
  /// by weighted least squares around 21 trial scales. `levels` `[32]` receives the levels.
  private static func fitGroup(
    _ x: UnsafePointer<Float>, levels: UnsafeMutablePointer<UInt8>,
    trial: UnsafeMutablePointer<UInt8>
  ) -> (scale: Float, minimum: Float) {
    var squares: Float = 0
    for index in 0..<32 { squares += x[index] * x[index] }
    let typical = (squares / 32).squareRoot()
    func weight(_ index: Int) -> Float { typical + abs(x[index]) }
    var (smallest, largest): (Float, Float) = (min(0, x[0]), x[0])
    var (sumW, sumX): (Float, Float) = (0, 0)
    for index in 0..<32 {
      smallest = min(smallest, x[index])
      largest = max(largest, x[index])
      sumW += weight(index)
      sumX += weight(index) * x[index]
    }
    guard largest > smallest else {
      for index in 0..<32 { levels[index] = 0 }
      return (0, -smallest)
    }
    func assign(_ inverse: Float, _ minimum: Float, _ target: UnsafeMutablePointer<UInt8>) {
      for index in 0..<32 {
        let level = (inverse * (x[index] - minimum)).rounded(.toNearestOrEven)
        target[index] = UInt8(bounded(level, 0...15))
      }
    }
    func error(_ scale: Float, _ minimum: Float, _ levels: UnsafeMutablePointer<UInt8>) -> Float {
      var sum: Float = 0
      for index in 0..<32 {
        let difference = scale * Float(levels[index]) + minimum - x[index]
        sum += weight(index) * difference * difference
      }
      return sum
    }
    let range = largest - smallest
    var (scale, minimum) = (range / 15, smallest)
    assign(15 / range, smallest, levels)
    var best = error(scale, minimum, levels)
    for step in 0...20 {
      assign((-1 + 0.1 * Float(step) + 15) / range, smallest, trial)
      var (sumL, sumL2, sumXL): (Float, Float, Float) = (0, 0, 0)
      for index in 0..<32 {
        let (level, w) = (Float(trial[index]), weight(index))
        sumL += w * level
        sumL2 += w * level * level
        sumXL += w * level * x[index]
      }
      let determinant = sumW * sumL2 - sumL * sumL
      guard determinant > 0 else { continue }
      var trialScale = (sumW * sumXL - sumX * sumL) / determinant
      var trialMinimum = (sumL2 * sumX - sumL * sumXL) / determinant
      if trialMinimum > 0 {
        trialMinimum = 0
        trialScale = sumXL / sumL2
      }
      let trialError = error(trialScale, trialMinimum, trial)
      if trialError < best {
        for index in 0..<32 { levels[index] = trial[index] }
        (best, scale, minimum) = (trialError, trialScale, trialMinimum)
      }
    }
    return (scale, -minimum)
  }
}
