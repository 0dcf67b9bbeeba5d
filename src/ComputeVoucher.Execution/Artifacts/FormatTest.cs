using System;

namespace ComputeVoucher.Execution.Artifacts;

/// <summary>
/// Recognises a format by the first 16 bytes (or fewer) of a file and by its name.
/// </summary>
internal delegate bool FormatTest(ReadOnlySpan<byte> head, string name);
