using System;
using System.IO;
using System.Text;
using ComputeVoucher.Storage;

namespace ComputeVoucher.Cli;

/// <summary>Files that a command was told to write: whole and durable, or not there.</summary>
internal static class OutputFile
{
    public static void Write(string path, byte[] bytes) =>
        Write(path, stream => stream.Write(bytes));

    /// <summary>Writes beside, flushes, renames, flushes the folder.</summary>
    /// <exception cref="CommandException">Not a file, no space, no such folder.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        if (Directory.Exists(path)
            || Path.GetFullPath(path).StartsWith("/dev/", StringComparison.Ordinal))
        {
            // A rename would put a file in the place of the device.
            throw new CommandException($"{path}: not a file that can be written (name a new file)");
        }

        string beside = path + ".partial";
        try
        {
            using (FileStream stream = new(beside, FileMode.Create, FileAccess.Write))
            {
                write(stream);
            }

            Posix.Sync(beside);
            File.Move(beside, path, overwrite: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Remove(beside);
            throw new CommandException(
                $"{path}: cannot be written: {failure.Message} (check folder and space)", failure);
        }

        Posix.Sync(Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/");
    }

    public static void Write(string path, string text) =>
        Write(path, Encoding.UTF8.GetBytes(text));

    private static void Remove(string partial)
    {
        try
        {
            File.Delete(partial);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The write's own failure is the one to report.
        }
    }
}
