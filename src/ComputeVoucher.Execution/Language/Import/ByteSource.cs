using System;
using System.IO;
using Microsoft.Win32.SafeHandles;

namespace ComputeVoucher.Execution.Language;

/// <summary>Bytes of a model file, read by offset: a file on disk or a buffer in memory.</summary>
/// <remarks>
/// A reader of a source holds a bounded window of it, so a model of many gigabytes is imported
/// without holding the file. Any range outside [0, Length) is a <see cref="ModelException"/>.
/// </remarks>
internal abstract class ByteSource : IDisposable
{
    public abstract long Length { get; }

    /// <summary>Fills the destination from <paramref name="offset"/>, or refuses.</summary>
    public void Read(long offset, Span<byte> destination)
    {
        if (offset < 0 || destination.Length > Length || offset > Length - destination.Length)
        {
            throw Refuse($"is truncated: {destination.Length} bytes wanted at offset {offset}, " +
                $"the file has {Length}; fetch it again");
        }

        ReadChecked(offset, destination);
    }

    /// <summary>
    /// One line: what is wrong with the file, the remedy. Whoever opened it puts its name in front.
    /// </summary>
    public virtual ModelException Refuse(string whatAndRemedy) => new("the file " + whatAndRemedy);

    public virtual void Dispose()
    {
    }

    protected abstract void ReadChecked(long offset, Span<byte> destination);
}

/// <summary>A model file that is already in memory.</summary>
internal sealed class MemorySource(ReadOnlyMemory<byte> bytes) : ByteSource
{
    public override long Length => bytes.Length;

    protected override void ReadChecked(long offset, Span<byte> destination) =>
        bytes.Span.Slice((int)offset, destination.Length).CopyTo(destination);
}

/// <summary>A model file on disk, read in place.</summary>
internal sealed class FileSource : ByteSource
{
    private readonly SafeFileHandle _handle;
    private readonly long _length;

    private FileSource(SafeFileHandle handle, long length)
    {
        _handle = handle;
        _length = length;
    }

    public override long Length => _length;

    /// <exception cref="ModelException">The file cannot be opened.</exception>
    public static FileSource Open(string path)
    {
        try
        {
            SafeFileHandle handle = File.OpenHandle(path, options: FileOptions.SequentialScan);
            return new FileSource(handle, RandomAccess.GetLength(handle));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or
            ArgumentException or NotSupportedException)
        {
            throw new ModelException(
                $"cannot be opened: {e.Message} Check path and permissions", e);
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        _handle.Dispose();
    }

    protected override void ReadChecked(long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            int got;
            try
            {
                got = RandomAccess.Read(_handle, destination, offset);
            }
            catch (IOException e)
            {
                throw Refuse($"cannot be read at offset {offset}: {e.Message} Check the disk");
            }

            if (got == 0)
            {
                throw Refuse($"ends at offset {offset} while being read; nobody may write to it");
            }

            destination = destination[got..];
            offset += got;
        }
    }
}
