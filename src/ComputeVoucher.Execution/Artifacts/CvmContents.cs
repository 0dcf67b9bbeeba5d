using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Execution.Artifacts;

/// <summary>The parts of a `.cvm` file, lengths checked, content not.</summary>
internal readonly record struct CvmContents(
    uint Format, Bytes32 ModelRoot, ReadOnlyMemory<byte> Architecture,
    ReadOnlyMemory<byte> Parameters);
