using System;

namespace ComputeVoucher.Execution.Artifacts;

/// <summary>A file format that models come in.</summary>
/// <param name="Name">For messages.</param>
/// <param name="BytesMax">Larger files are refused before they are read.</param>
/// <param name="Recognises">By the first bytes of the file and its name.</param>
/// <param name="Import">Reads the whole file.</param>
internal sealed record ModelFormat(
    string Name, long BytesMax, FormatTest Recognises, Func<ReadOnlyMemory<byte>, IModel> Import);
