using System;
using System.IO;
using System.Text;
using ComputeVoucher.Storage;

namespace ComputeVoucher.Cli;

/// <summary>Files that a command was told to write: whole and durable, or not there.</summary>
internal static class OutputFile
{
    /// <summary>Ends the name of a file that is not whole yet.</summary>
    private const string Partial = ".partial";

    public static void Write(string path, byte[] bytes) =>
        Write(path, stream => stream.Write(bytes));

    /// <summary>Writes beside, flushes, renames, flushes the folder.</summary>
    /// <exception cref="CommandException">Not a file, no space, no such folder.</exception>
    public static void Write(string path, Action<Stream> write) =>
        Write(path, write, overwrite: true);

    private static void Write(string path, Action<Stream> write, bool overwrite)
    {
        if (Directory.Exists(path)
            || Path.GetFullPath(path).StartsWith("/dev/", StringComparison.Ordinal))
        {
            // A rename would put a file in the place of the device.
            throw new CommandException($"{path}: not a file that can be written (name a new file)");
        }

        string beside = path + Partial;
        try
        {
            using (FileStream stream = new(beside, FileMode.Create, FileAccess.Write))
            {
                write(stream);
            }

            Posix.Sync(beside);
            File.Move(beside, path, overwrite);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Remove(beside);
            throw CannotWrite(path, failure);
        }

        Posix.Sync(Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/");
    }

    public static void Write(string path, string text) =>
        Write(path, Encoding.UTF8.GetBytes(text));

    /// <summary>For what cannot be made again: never overwrites.</summary>
    /// <exception cref="CommandException">Already there, or cannot be written.</exception>
    public static void WriteNew(string path, string text)
    {
        RequireNew(path);
        Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)), overwrite: false);
    }

    /// <summary>That <see cref="WriteNew"/> will do, asked before money is spent on what it is to
    /// hold.</summary>
    /// <exception cref="CommandException">Already there, or the folder takes no file.</exception>
    public static void RequireNew(string path)
    {
        if (Path.Exists(path))
        {
            throw new CommandException($"{path}: already there, and such a file is never "
                + "overwritten (choose another name, or move it away)");
        }

        string probe = path + Partial;
        try
        {
            using FileStream stream = new(probe, FileMode.Create, FileAccess.Write);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw CannotWrite(path, failure);
        }

        Remove(probe);
    }

    /// <summary>Takes a file back that turned out to be about nothing.</summary>
    public static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // What led here is the failure to report.
        }
    }

    private static CommandException CannotWrite(string path, Exception failure) =>
        new($"{path}: cannot be written: {failure.Message} (check folder and space)", failure);
}
