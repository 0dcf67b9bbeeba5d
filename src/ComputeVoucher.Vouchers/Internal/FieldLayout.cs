using System.Text;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers.Internal;

/// <summary>What a list of fields says about its type, found once for each type.</summary>
internal static class FieldLayout<T>
    where T : struct, ISignedStruct<T>
{
    public static readonly string TypeText;
    public static readonly Bytes32 TypeHash;
    public static readonly int Count;
    public static readonly int PayloadBytes;

    static FieldLayout()
    {
        StringBuilder text = new(T.TypeName);
        FieldCursor cursor = FieldCursor.Describe(text.Append('('));
        T.Fields(ref cursor, default);
        TypeText = text.Append(')').ToString();
        TypeHash = Eip712.TypeHash(TypeText);
        (Count, PayloadBytes) = (cursor.Count, cursor.PayloadBytes);
    }
}
