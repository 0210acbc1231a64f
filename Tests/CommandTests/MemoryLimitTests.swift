import TestSupport
import Testing

/// What happens where `ulimit -v` leaves little address space.
@Suite struct MemoryLimitTests {
  /// The C library would set 64 MiB aside for each thread, and weights would find no room in the middle
  /// of loading.
  @Test func threadsTakeNoSpaceFromTheModel() throws {
    let outcome = try Program.shell(
      """
      ulimit -v 300000
      exec "$0" ask 'What is this?' --image "$1" --model "$2" --max-tokens 3 --threads 4
      """, Sample.picture, Sample.model)
    #expect(outcome.status == 0 && !outcome.output.isEmpty, "\(outcome.errors)")
  }
}
