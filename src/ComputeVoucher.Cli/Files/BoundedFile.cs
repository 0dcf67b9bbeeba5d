using System.IO;

namespace ComputeVoucher.Cli;

/// <summary>Small files whole. The bound holds for what is read, whatever the length says: devices
/// and pipes have none.</summary>
internal static class BoundedFile
{
    /// <exception cref="CommandException">Longer than the bound.</exception>
    public static byte[] Read(string path, int bytesMax)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        if (stream.CanSeek && stream.Length > bytesMax)
        {
            throw TooLong(path, bytesMax);
        }

        byte[] bytes = new byte[bytesMax + 1];
        int read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return read <= bytesMax ? bytes[..read] : throw TooLong(path, bytesMax);
    }

    private static CommandException TooLong(string path, int bytesMax) =>
        new($"{path}: more than {bytesMax} bytes (is this the right file?)");
}
