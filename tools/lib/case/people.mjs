// people.mjs - made-up drivers and cars whose numbers pass the checks of their standards.
import { randomInt } from 'node:crypto';

// GB 11643: the 18th character is a checksum of the others.
export function citizenId(area, birthday, order) {
  const digits = `${area}${birthday}${String(order).padStart(3, '0')}`;
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  const sum = weights.reduce((n, w, i) => n + w * Number(digits[i]), 0);
  return digits + '10X98765432'[sum % 11];
}

// GB 16735: position 9 is a checksum.
export function vin(head, tail) {
  const values = { A: 1, B: 2, C: 3, D: 4, E: 5, F: 6, G: 7, H: 8, J: 1, K: 2, L: 3, M: 4, N: 5,
    P: 7, R: 9, S: 2, T: 3, U: 4, V: 5, W: 6, X: 7, Y: 8, Z: 9 };
  const weights = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
  const text = `${head}0${tail}`;
  const sum = weights.reduce((n, w, i) => n + w * (values[text[i]] ?? Number(text[i])), 0);
  return `${head}${sum % 11 === 10 ? 'X' : sum % 11}${tail}`;
}

const serial = () => String(randomInt(100000, 999999));

export function drivers() {
  const number = () => `陕A${randomInt(10000, 99999)}`;
  return [
    { name: '陈建军', idNumber: citizenId('610113', '19850312', 121), phone: '13800138001',
      plate: number(), plateType: '02', vehicleKind: '小型轿车', vin: vin('LSVAB2BR', `N2${serial()}`),
      insurer: 'PICC', policyNo: `PDZA${serial()}`, commercialInsurer: 'PICC',
      commercialPolicyNo: `PDAA${serial()}`, thirdPartyLimitFen: '100000000' },
    { name: '李晓燕', idNumber: citizenId('610104', '19910825', 142), phone: '13800138002',
      plate: number(), plateType: '02', vehicleKind: '小型轿车', vin: vin('LFV2A21K', `B3${serial()}`),
      insurer: 'CPIC', policyNo: `CDZA${serial()}`, commercialInsurer: 'CPIC',
      commercialPolicyNo: `CDAA${serial()}`, thirdPartyLimitFen: '200000000' },
  ].map((d) => ({ ...d, licenceNo: d.idNumber }));
}

// A name as a finger writes it, near enough.
export function strokes() {
  const line = () => Array.from({ length: 12 }, (_, i) =>
    `${80 + i * 70},${120 + randomInt(0, 160)}`).join(' ');
  return [line(), line(), line()].join(';');
}
