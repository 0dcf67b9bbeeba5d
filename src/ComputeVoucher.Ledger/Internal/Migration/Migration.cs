using System.IO;
using System.Runtime.Versioning;
using ComputeVoucher.Storage;

namespace ComputeVoucher.Ledger.Internal;

/// <summary>
/// A ledger of schema 1 becomes one of today, once, by one transaction in place: SQLite's log makes
/// it atomic under kills and power cuts, as it makes every commit.
/// </summary>
/// <remarks>
/// Before the first byte is written, the old ledger is whole: its structure, every row by its old
/// digest, the sums, the relations between rows, the mark, and whose it is. The reading connection
/// keeps the old commit in sight while the other one writes.
/// </remarks>
[SupportedOSPlatform("linux")]
internal static class Migration
{
    /// <summary>Migrates an existing file, if it is of schema 1.</summary>
    /// <returns>One line for the operator; null when there was nothing to do.</returns>
    /// <exception cref="LedgerException">
    /// Damaged, of another node, or not to be migrated by this opening: nothing has changed.
    /// </exception>
    public static string? Run(string directory, LedgerOptions options, DurableMark mark)
    {
        string path = Path.Combine(directory, Database.FileName);
        using SchemaOne? old = SchemaOne.Open(path, options.MigrateOutbox);
        if (old is null)
        {
            return null;
        }

        if (!options.Migrate)
        {
            throw new LedgerException(
                $"ledger {path} has schema 1; start the node on it once, which keeps a backup and"
                + " migrates it");
        }

        try
        {
            old.CheckIntegrity();
            LedgerMemory memory = LedgerMemory.Load(old, options.Policy);
            Recovery.CheckIdentity(memory, old, options.Identity);
            Recovery.CheckMark(mark, old);
            string backup = Backup.Make(directory, old);
            Rewrite(directory, old);
            return $"ledger {path} was migrated from schema 1 to 2; as it was, it lies in {backup}";
        }
        catch (StorageException fault) when (fault.IsFull)
        {
            throw new LedgerException(
                $"ledger {path} has schema 1 and there is no room to migrate it, which takes three"
                + " times its size; it is unchanged: free some space",
                fault);
        }
    }

    /// <summary>
    /// Always with fsync, whatever the node runs with: what is lost here is the whole ledger.
    /// </summary>
    private static void Rewrite(string directory, SchemaOne old)
    {
        using Database database = Database.Open(directory, LedgerSynchronous.Full);
        old.BeginRead();
        try
        {
            database.Rewrite(put =>
            {
                foreach (Table table in Tables.All)
                {
                    old.ReadAll(table, (key, slot, body) => put(new Change(
                        table, key.ToArray(), body.ToArray(), slot.ToArray())));
                }
            });
        }
        finally
        {
            old.EndRead();
        }

        database.Checkpoint();
    }
}
