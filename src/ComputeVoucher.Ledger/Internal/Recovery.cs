using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Runtime.Versioning;
using System.Text;
using ComputeVoucher.Primitives;
using ComputeVoucher.Storage;

namespace ComputeVoucher.Ledger.Internal;

/// <summary>Opening: create or recover, and refuse what is not whole or not ours.</summary>
internal static class Recovery
{
    private const string IdentityName = "ledger.identity";

    /// <summary>
    /// The mark is made before the file, both durably, so that a file without a mark is always a
    /// loss and never a crash during creation.
    /// </summary>
    /// <returns>The opened, and a line for the operator when an older ledger was migrated.
    /// </returns>
    [SupportedOSPlatform("linux")]
    public static (DurableMark Mark, Database Database, string? Notice) Open(
        string directory,
        LedgerOptions options,
        Stack<IDisposable> opened)
    {
        string path = Path.Combine(directory, Database.FileName);
        DurableMark? mark = DurableMark.Open(directory);
        bool exists = File.Exists(path);
        if (!exists && mark is { Commit: > 0 })
        {
            opened.Push(mark);
            throw new LedgerException(
                $"{path} is missing, yet {mark.Commit} commits were made; restore it, or remove"
                + $" {DurableMark.FileName} to start an empty ledger");
        }

        if (!exists && mark is null)
        {
            mark = DurableMark.Create(directory);
        }

        if (mark is not null)
        {
            opened.Push(mark);
        }

        if (mark is null)
        {
            throw Database.Damage(path, $"{DurableMark.FileName} is missing or not readable");
        }

        string? notice = exists ? Migration.Run(directory, options, mark) : null;
        Database database = Database.Open(directory, options.Synchronous);
        opened.Push(database);
        if (!database.HasSchema())
        {
            if (mark.Commit > 0)
            {
                throw database.Damaged($"it is empty, yet {mark.Commit} commits were made");
            }

            database.CreateSchema([IdentityRow(options.Identity)]);
            Posix.Sync(directory);
        }

        database.CheckIntegrity();
        return (mark, database, notice);
    }

    /// <exception cref="LedgerException">The ledger belongs to another chain or node.</exception>
    public static void CheckIdentity(
        LedgerMemory memory,
        ILedgerRows database,
        LedgerIdentity identity)
    {
        byte[]? stored = memory.Setting(IdentityName);
        byte[] wanted = IdentityRow(identity).Body!;
        if (stored is null || stored.Length != wanted.Length)
        {
            throw database.Damaged("its identity is missing");
        }

        if (!stored.AsSpan().SequenceEqual(wanted))
        {
            throw new LedgerException(
                $"ledger {database.Path} belongs to {Describe(stored)}, this node is"
                + $" {Describe(wanted)}; name another data directory");
        }
    }

    /// <exception cref="LedgerException">Commits that were durable are gone.</exception>
    public static void CheckMark(DurableMark mark, ILedgerRows database)
    {
        if (database.Sums.Commit < mark.Commit)
        {
            throw database.Damaged(
                $"it ends at commit {database.Sums.Commit}, but {mark.Commit} were durable");
        }
    }

    public static Change IdentityRow(LedgerIdentity identity)
    {
        byte[] body = new byte[sizeof(ulong) + 3 * Address.Size];
        BinaryPrimitives.WriteUInt64BigEndian(body, identity.ChainId);
        identity.Vouchers.CopyTo(body.AsSpan(8));
        identity.Providers.CopyTo(body.AsSpan(28));
        identity.Node.CopyTo(body.AsSpan(48));
        return new Change(Table.Settings, Encoding.ASCII.GetBytes(IdentityName), body);
    }

    private static string Describe(byte[] identity) =>
        $"chain {BinaryPrimitives.ReadUInt64BigEndian(identity)}, Vouchers"
        + $" {new Address(identity.AsSpan(8, 20))}, Providers"
        + $" {new Address(identity.AsSpan(28, 20))}, node {new Address(identity.AsSpan(48, 20))}";
}
