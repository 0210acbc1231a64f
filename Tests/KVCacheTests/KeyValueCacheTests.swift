import Foundation
import TestSupport
import Testing

@testable import KVCache

@Suite struct KeyValueCacheTests {
  @Test func viewHoldsHeadAfterHead() throws {
    // Two heads of two values, three positions, f32.
    let cache = KeyValueCache(
      shape: try CacheShape(layers: 1, kvHeads: 2, headDim: 2, precision: .f32), spill: false)
    cache.extend(count: 3, segment: .user)
    let keys: [Float] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    cache.append(layer: 0, keys: keys, values: keys.map { -$0 }, count: 3)
    let view = cache.view(0)
    func vector(_ base: UnsafeMutableRawPointer, head: Int, slot: Int) -> [Float] {
      let start = base + head * view.headStride + slot * view.entryStride
      return (0..<2).map { start.load(fromByteOffset: 4 * $0, as: Float.self) }
    }
    #expect(view.length == 3)
    #expect(vector(view.keys, head: 0, slot: 1) == [5, 6])
    #expect(vector(view.keys, head: 1, slot: 2) == [11, 12])
    #expect(vector(view.values, head: 1, slot: 0) == [-3, -4])
  }

  @Test(arguments: CachePrecision.allCases)
  func valuesComeBackWithinTheirPrecision(precision: CachePrecision) throws {
    let shape = try CacheShape(layers: 1, kvHeads: 1, headDim: 64, precision: precision)
    let vector = (0..<64).map { Float($0 - 32) / 7 }
    let cache = KeyValueCache(shape: shape, spill: false)
    cache.extend(count: 1, segment: .user)
    cache.append(layer: 0, keys: vector, values: vector, count: 1)
    var back = [Float](repeating: 0, count: 64)
    shape.decode(cache.view(0).values, to: &back)
    // Half an f16 step at 4.57 is 0.002; half a q8_0 step of 4.57 / 127 is 0.018, and its scale is
    // an f16. Rotation turns a block of this ramp into six numbers, the largest 13.4: half a step of
    // q4_0 is 0.84, and five such errors over the root of 32 are 0.74.
    let tolerance: Float = [.f32: 0, .f16: 0.002, .q8_0: 0.0203, .q4_0: 0.75][precision]!
    #expect(zip(vector, back).allSatisfy { abs($0 - $1) <= tolerance })
  }

  @Test func halvesAreRoundedToNearestEven() throws {
    let shape = try CacheShape(layers: 1, kvHeads: 1, headDim: 9, precision: .f16)
    // Halves near 1 are 2^-10 apart. The ninth value takes the path of the rest behind eight lanes.
    let step: Float = 0x1p-10
    let tie = [1 + step / 2, 1 + step * 1.5, 65504, 65520, -0.0, 0x1p-24, 0x1p-25, .infinity]
    var halves = [UInt16](repeating: 0, count: 9)
    (tie + [1 + step / 2]).withUnsafeBufferPointer { shape.encode($0.baseAddress!, to: &halves) }
    #expect(halves == [0x3c00, 0x3c02, 0x7bff, 0x7c00, 0x8000, 1, 0, 0x7c00, 0x3c00])
  }

  @Test func shapesThatCannotBeStoredAreRefused() {
    expectRefusal(CacheError.self, says: ["cannot have this shape", "0"]) {
      try CacheShape(layers: 0, kvHeads: 1, headDim: 8, precision: .f16)
    }
    expectRefusal(CacheError.self, says: ["cannot have this shape", "48", "32"]) {
      try CacheShape(layers: 1, kvHeads: 1, headDim: 48, precision: .q8_0)
    }
    expectRefusal(CacheError.self, says: ["q4_0 stores blocks of 32", "48"]) {
      try CacheShape(layers: 1, kvHeads: 1, headDim: 48, precision: .q4_0)
    }
  }

  @Test func appendingOneByOneEqualsAppendingAtOnce() throws {
    let shape = try CacheShape(layers: 2, kvHeads: 3, headDim: 4, precision: .f16)
    let atOnce = try TestConversation(layers: 2, kvHeads: 3, headDim: 4, precision: .f16)
    let oneByOne = try TestConversation(layers: 2, kvHeads: 3, headDim: 4, precision: .f16)
    atOnce.append(300, segment: .user)
    for _ in 0..<300 { oneByOne.append(1, segment: .user) }
    #expect(atOnce.cache.content == oneByOne.cache.content)
    #expect(oneByOne.cache.bytesResident < 2 * 300 * 2 * shape.bytesPerEntry)
  }

  @Test func appendingManyPositionsTakesFewMappings() throws {
    let store = LayerStore(
      shape: try CacheShape(layers: 1, kvHeads: 1, headDim: 1, precision: .f32))
    var capacities: Set<Int> = []
    for value in 0..<10_000 {
      try store.reserve(1)
      let vector = [Float(value)]
      store.append(keys: vector, values: vector, count: 1) { (0..<$0).forEach($1) }
      capacities.insert(store.capacity)
    }
    #expect(capacities.count < 80)
    #expect(store.capacity <= 11_250)
  }

  // MARK: Evicting and restoring

  @Test func evictedEntriesGiveTheirMemoryBack() throws {
    var conversation = try TestConversation(
      layers: 2, kvHeads: 4, headDim: 32, precision: .f16, policy: HeavyHitterPolicy())
    try conversation.prompt(2048)
    let full = conversation.cache.bytesResident
    #expect(full >= conversation.cache.bytesFull)
    _ = try conversation.controller.set(budget: Budget(0.2))
    #expect(conversation.cache.bytesResident <= conversation.cache.bytesFull * 21 / 100)
    #expect(
      conversation.cache.bytesKept + conversation.cache.bytesSpilled == conversation.cache.bytesFull
    )
  }

  @Test(arguments: CachePrecision.allCases)
  func entriesKeepTheirBytesThroughTheSpillFile(precision: CachePrecision) throws {
    var conversation = try TestConversation(headDim: 32, precision: precision)
    try conversation.prompt(90)
    let before = conversation.cache.content
    let shrunk = try conversation.controller.set(budget: Budget(0.1))
    #expect(shrunk.evicted >= 3 * 80 && shrunk.restored == 0)
    #expect(shrunk.bytesMoved == shrunk.evicted * conversation.shape.bytesPerEntry)
    for (layer, kept) in conversation.cache.content.enumerated() {
      #expect(kept.allSatisfy { before[layer][$0] == $1 })
    }
    let grown = try conversation.controller.set(budget: .full)
    #expect(grown.restored == shrunk.evicted && grown.evicted == 0)
    #expect(conversation.cache.content == before)
  }

  @Test func whatWasSpilledOnceIsNotWrittenAgain() throws {
    var conversation = try TestConversation()
    try conversation.prompt(90)
    _ = try conversation.controller.set(budget: Budget(0.2))
    _ = try conversation.controller.set(budget: .full)
    let again = try conversation.controller.set(budget: Budget(0.2))
    #expect(again.evicted > 0)
    #expect(again.bytesMoved == 0)
  }

  @Test func fullDiskEvictsNothing() throws {
    let shape = try CacheShape(layers: 2, kvHeads: 1, headDim: 4, precision: .f32)
    // Every write to /dev/full fails with ENOSPC.
    let cache = KeyValueCache(shape: shape, spill: true) { bytes in
      SpillFile(
        recordBytes: bytes, descriptor: open("/dev/full", O_RDWR | O_CLOEXEC), path: "/dev/full")
    }
    let controller = RetentionController(cache: cache, policy: LocalPolicy(), budget: .full)
    var conversation = TestConversation(cache: cache, controller: controller)
    try conversation.prompt(40)
    let before = cache.content
    #expect(
      throws: CacheError.spill(
        operation: "write", path: "/dev/full", reason: "no space left on device")
    ) { try controller.set(budget: Budget(0.2)) }
    #expect(cache.content == before)
    #expect(controller.budget == .full)
    try conversation.step()
    #expect(cache.length(0) == 41)
  }

  @Test func failedDecodeEvictionIsMadeUpForLater() throws {
    let shape = try CacheShape(layers: 1, kvHeads: 1, headDim: 4, precision: .f32)
    let descriptor = open("/dev/full", O_RDWR | O_CLOEXEC)
    let cache = KeyValueCache(shape: shape, spill: true) { bytes in
      SpillFile(recordBytes: bytes, descriptor: descriptor, path: "/dev/full")
    }
    let controller = RetentionController(
      cache: cache, policy: HeavyHitterPolicy(), budget: try Budget(0.98))
    var conversation = TestConversation(cache: cache, controller: controller)
    try conversation.prompt(40)
    expectRefusal(CacheError.self, says: ["could not be saved in /dev/full", "no space left"]) {
      for _ in 0..<100 { try conversation.step() }
    }
    let seen = cache.seen
    #expect(cache.length(0) == seen)
    // Somebody makes room: from here on the descriptor is that of an ordinary file.
    let file = try #require(tmpfile())
    dup2(fileno(file), descriptor)
    fclose(file)
    try conversation.step()
    #expect(cache.length(0) == seen)
    try conversation.step()
    #expect(cache.length(0) == seen + 1)
  }

  @Test func withoutSpillFileEvictedEntriesStayAwayAndTheReportSaysSo() throws {
    var conversation = try TestConversation(policy: LocalPolicy(), budget: 0.5, spill: false)
    try conversation.prompt(40)
    #expect(conversation.cache.bytesSpilled == 0)
    let kept = conversation.cache.content
    let report = try conversation.controller.set(budget: .full)
    #expect(conversation.cache.content == kept)
    #expect(report.restored == 0)
    #expect(report.note?.hasPrefix("60 entries were evicted without being saved") == true)
  }

  // MARK: Copies and truncation

  @Test func copyIsIndependentAndSharesTheSpillFile() throws {
    var conversation = try TestConversation(budget: 0.3)
    try conversation.prompt(60)
    let copy = try conversation.cache.copied()
    #expect(copy.content == conversation.cache.content)
    let controller = conversation.controller.copy(
      cache: copy, policy: LocalPolicy(), budget: try Budget(0.5))
    _ = try controller.promptCompleted()
    let before = conversation.cache.content
    _ = try controller.set(budget: .full)
    #expect(conversation.cache.content == before)
    _ = try conversation.controller.set(budget: .full)
    #expect(conversation.cache.content == copy.content)
  }

  @Test func truncationForgetsPositionsAndTheirRecords() throws {
    var conversation = try TestConversation(policy: LocalPolicy(), budget: 0.25)
    try conversation.prompt(40)
    let prompt = conversation.cache.content
    for _ in 0..<50 { try conversation.step() }
    try conversation.controller.truncate(to: 40)
    #expect(conversation.cache.seen == 40)
    #expect(conversation.cache.content == prompt)
    #expect(
      conversation.cache.bytesKept + conversation.cache.bytesSpilled == conversation.cache.bytesFull
    )
  }

  @Test func clearedCacheIsEmpty() throws {
    var conversation = try TestConversation(budget: 0.25)
    try conversation.prompt(40)
    conversation.cache.removeAll()
    #expect(conversation.cache.seen == 0)
    #expect(conversation.cache.bytesResident == 0)
    #expect(conversation.cache.bytesSpilled == 0)
  }

  @Test func segmentsAreCountedPerLayer() throws {
    var conversation = try TestConversation(layers: 1, policy: LocalPolicy(), budget: 0.5)
    conversation.append(4, segment: .system)
    conversation.append(10, segment: .image)
    try conversation.prompt(6)
    // 20 positions, 10 go: positions 1 to 10, three of the system's and seven of the image's.
    let layer = conversation.controller.snapshot.layers[0]
    #expect(layer == LayerRetention(system: 1, image: 3, user: 6, assistant: 0, seen: 20))
    try conversation.step()
    #expect(conversation.controller.snapshot.layers[0].assistant == 1)
  }
}
