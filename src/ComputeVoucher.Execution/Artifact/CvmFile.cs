using System;
using System.Buffers.Binary;
using System.IO;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Execution;

/// <summary>
/// The container of a `.cvm` model artifact; integers little endian:
/// <code>
///  at  bytes
///   0      4  "CVM1"
///   4      4  format: 1 = integer graph, 2 = language model
///   8     32  model root
///  40      8  length a of the first section
///  48      8  length b of the second section
///  56      a  first section: the architecture
///   …      b  second section: the parameters; the file ends here
/// </code>
/// There is no checksum: the loader computes the model root of what it read and compares.
/// </summary>
internal static class CvmFile
{
    /// <summary>Format of an integer graph.</summary>
    public const uint Graph = 1;

    /// <summary>Format of a language model.</summary>
    public const uint Language = 2;

    public const int HeaderBytes = 56;

    public static ReadOnlySpan<byte> Magic => "CVM1"u8;

    public static void Write(
        Stream destination, uint format, in Bytes32 modelRoot,
        ReadOnlySpan<byte> architecture, ReadOnlySpan<byte> parameters)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], format);
        modelRoot.CopyTo(header[8..]);
        BinaryPrimitives.WriteInt64LittleEndian(header[40..], architecture.Length);
        BinaryPrimitives.WriteInt64LittleEndian(header[48..], parameters.Length);
        destination.Write(header);
        destination.Write(architecture);
        destination.Write(parameters);
    }

    /// <exception cref="ModelException">The lengths and the file disagree.</exception>
    public static CvmContents Read(ReadOnlyMemory<byte> file)
    {
        ReadOnlySpan<byte> bytes = file.Span;
        if (bytes.Length < HeaderBytes || !bytes.StartsWith(Magic))
        {
            throw new ModelException("the file is no .cvm artifact, or its header is cut off");
        }

        long architecture = BinaryPrimitives.ReadInt64LittleEndian(bytes[40..]);
        long parameters = BinaryPrimitives.ReadInt64LittleEndian(bytes[48..]);
        long body = bytes.Length - HeaderBytes;
        if (architecture < 0 || architecture > body || parameters != body - architecture)
        {
            throw new ModelException(FormattableString.Invariant(
                $"the header announces {(ulong)architecture} + {(ulong)parameters} bytes, ")
                + FormattableString.Invariant($"{body} follow: the file is cut off or damaged"));
        }

        return new CvmContents(
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]),
            new Bytes32(bytes[8..40]),
            file.Slice(HeaderBytes, (int)architecture),
            file[(HeaderBytes + (int)architecture)..]);
    }
}

/// <summary>The parts of a `.cvm` file, lengths checked, content not.</summary>
internal readonly record struct CvmContents(
    uint Format, Bytes32 ModelRoot, ReadOnlyMemory<byte> Architecture,
    ReadOnlyMemory<byte> Parameters);
