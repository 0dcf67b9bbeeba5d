using System;
using System.IO;
using ComputeVoucher.Storage;

namespace ComputeVoucher.Ledger.Internal;

/// <summary>A whole ledger in one file, of one commit, and the way back.</summary>
internal static class LedgerCopy
{
    /// <summary>Writes the copy beside the running writer; its name appears last, so that what has
    /// the name is complete, checked row by row, and on the disk.</summary>
    /// <returns>The commit that it ends with.</returns>
    /// <exception cref="LedgerException">There is such a file, or it cannot be written.</exception>
    public static ulong Write(Database from, string path)
    {
        if (!Path.IsPathFullyQualified(path) || File.Exists(path))
        {
            throw new LedgerException($"{path}: a backup goes into a new file, named with its "
                + "whole path; name another");
        }

        string made = path + ".new";
        try
        {
            File.Delete(made);
            File.Delete(made + "-journal");
            Posix.CreatePrivate(made);
            from.CopyInto(made);
            ulong commit = Check(made);
            Posix.Sync(made);
            File.Move(made, path);
            Posix.Sync(Path.GetDirectoryName(path)!);
            return commit;
        }
        catch (Exception failure) when (failure is IOException or StorageException
            or UnauthorizedAccessException)
        {
            File.Delete(made);
            throw new LedgerException(
                $"backup {path}: {failure.Message}; check the folder and its room", failure);
        }
    }

    /// <summary>Makes a directory's ledger of a copy.</summary>
    /// <returns>The commit that it ends with.</returns>
    /// <exception cref="LedgerException">There is a ledger, or the copy is damaged.</exception>
    public static ulong Restore(string path, string directory)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new LedgerException("the ledger relies on Linux");
        }

        string target = Path.Combine(directory, Database.FileName);
        try
        {
            ulong commit = Check(path);
            Directory.CreateDirectory(
                directory,
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            using DirectoryLock held = DirectoryLock.Take(directory);
            if (File.Exists(target) || File.Exists(Path.Combine(directory, DurableMark.FileName)))
            {
                throw new LedgerException(
                    $"{directory} has a ledger already; move it away, or name another directory");
            }

            string made = target + ".new";
            File.Delete(made);
            Posix.CreatePrivate(made);
            using (FileStream from = new(path, FileMode.Open, FileAccess.Read))
            using (FileStream to = new(made, FileMode.Open, FileAccess.Write))
            {
                from.CopyTo(to);
            }

            Posix.Sync(made);
            // The mark before the file, as in a new ledger; the first start writes the commit.
            DurableMark.Create(directory).Dispose();
            File.Move(made, target);
            Posix.Sync(directory);
            return commit;
        }
        catch (Exception failure) when (failure is IOException or StorageException
            or UnauthorizedAccessException)
        {
            throw new LedgerException($"restore {path} to {directory}: {failure.Message}", failure);
        }
    }

    /// <summary>Structure, every row's digest, and the sums.</summary>
    private static ulong Check(string path)
    {
        using Database copy = Database.OpenToRead(path);
        if (!copy.HasSchema())
        {
            throw copy.Damaged("it is empty");
        }

        copy.CheckIntegrity();
        copy.BeginRead();
        copy.ReadState();
        foreach (Table table in Tables.All)
        {
            copy.ReadAll(table, null);
        }

        copy.EndRead();
        return copy.Sums.Commit;
    }
}
