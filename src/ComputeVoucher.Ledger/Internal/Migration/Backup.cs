using System;
using System.IO;
using System.Runtime.Versioning;
using ComputeVoucher.Storage;

namespace ComputeVoucher.Ledger.Internal;

/// <summary>
/// A ledger of schema 1 and its mark as they were, beside the new ones: with their old names and in
/// a directory of their own they are what the program that wrote them opens.
/// </summary>
[SupportedOSPlatform("linux")]
internal static class Backup
{
    private const string Suffix = ".schema1";

    /// <summary>Owner only: inputs are private to the holder.</summary>
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>
    /// Makes the backup, durably, or finds the one that a cut migration made.
    /// </summary>
    /// <returns>Its path.</returns>
    /// <exception cref="LedgerException">There is a backup of something else.</exception>
    public static string Make(string directory, SchemaOne old)
    {
        string path = Path.Combine(directory, Database.FileName + Suffix);
        string mark = Path.Combine(directory, DurableMark.FileName + Suffix);
        if (File.Exists(path))
        {
            return Holds(path, old) && File.Exists(mark)
                ? path
                : throw new LedgerException(
                    $"{path} is the backup of another ledger, and one is needed before"
                    + $" {old.Path} is migrated to a new schema; move it and {mark} away");
        }

        // The backup gets its name last: what has it is complete. What a cut migration left is
        // begun anew, its journal too.
        string made = path + ".new";
        Write(mark, File.ReadAllBytes(Path.Combine(directory, DurableMark.FileName)));
        File.Delete(made + "-journal");
        try
        {
            Write(made, []);
            old.CopyInto(made);
        }
        catch
        {
            // A full disk: the room that it took is needed to go on.
            File.Delete(made);
            throw;
        }

        if (!Holds(made, old))
        {
            throw new LedgerException(
                $"{made} does not read back as it was written; check the disk");
        }

        // SQLite 3.40 does this itself, but promises it of no version.
        Posix.Sync(made);
        File.Move(made, path);
        Posix.Sync(directory);
        return path;
    }

    /// <summary>Every row of it is right, and it is the same commit of the same ledger.</summary>
    private static bool Holds(string path, SchemaOne old)
    {
        using SchemaOne? there = SchemaOne.Open(path, null);
        if (there is null)
        {
            return false;
        }

        try
        {
            there.CheckIntegrity();
            there.ReadState();
            foreach (Table table in Tables.All)
            {
                there.ReadStored(table, null);
                if (!there.Sums.Matches(table, old.Sums))
                {
                    return false;
                }
            }
        }
        catch (Exception fault) when (fault is LedgerException or StorageException)
        {
            return false;
        }

        return there.Sums.Commit == old.Sums.Commit;
    }

    private static void Write(string path, byte[] bytes)
    {
        using (FileStream file = new(path, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = OwnerOnly,
        }))
        {
            file.Write(bytes);
        }

        Posix.Sync(path);
    }
}
