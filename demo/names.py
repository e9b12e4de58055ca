# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Common names by origin, from which the demo's people are put together at random.

Each origin has given names of women and men and family names (of women and men where the language
differs). A pair that belongs to a real person is chance.
"""

from dataclasses import dataclass

__all__ = ["FAMILY_MIGRANTS", "STATUS_HOLDERS", "Origin"]


@dataclass(frozen=True, slots=True)
class Origin:
    """The names of one origin, and how often it occurs (weights within its list)."""

    country: str
    weight: int
    women: tuple[str, ...]
    men: tuple[str, ...]
    families: tuple[str, ...]
    families_of_women: tuple[str, ...] = ()  # where a woman's family name has another form


def _names(words: str) -> tuple[str, ...]:
    return tuple(word.replace("_", " ") for word in words.split())


STATUS_HOLDERS: tuple[Origin, ...] = (
    Origin(
        "Syrië",
        46,
        _names(
            "Rima Hiba Samar Nour Lama Ghada Rasha Manal Dima Sawsan Abir Kinda Marwa Hanadi Yara Ruba Safaa"
        ),
        _names(
            "Anas Bashar Firas Ghassan Hussam Iyad Khaled Maher Nabil Omar Qusai Rami Samer Tarek Wael Yazan Ziad"
        ),
        _names(
            "Haddad Khoury Darwish Shaheen Najjar Sabbagh Kassab Hamdan Barakat Issa Zein Qabbani Mansour Attar "
            "Halabi Droubi Shami Rifai Jaber Nasser"
        ),
    ),
    Origin(
        "Eritrea",
        17,
        _names("Selam Luwam Bisrat Feven Helen Mebrat Rahwa Saba Senait Winta Yordanos Zufan"),
        _names("Abel Biniam Dawit Filmon Hermon Isaias Kibrom Medhanie Natnael Robel Samuel Yonas"),
        _names("Tesfay Gebremariam Haile Kidane Mehari Ghebre Woldu Habte Zerai Beyene Okbay Tekle Berhane"),
    ),
    Origin(
        "Turkije",
        9,
        _names("Aylin Derya Elif Gülşen Melek Sevgi Tuba Zeynep"),
        _names("Barış Cem Emre Hakan Kerem Murat Serkan Volkan"),
        _names("Aksoy Çelik Demirtaş Erdem Güneş Kaplan Öztürk Şimşek Yıldız"),
    ),
    Origin(
        "Jemen",
        7,
        _names("Amal Bushra Intisar Nabila Taghreed Wafa"),
        _names("Abdo Faisal Hamid Marwan Nashwan Saddam"),
        _names("Al-Ahdal Al-Hakimi Al-Maqtari Al-Sabri Al-Wazir Ba_Matraf"),
    ),
    Origin(
        "Afghanistan",
        7,
        _names("Farida Laila Nargis Palwasha Shabnam Zarghuna"),
        _names("Ajmal Farhad Habib Mirwais Najib Zabihullah"),
        _names("Ahmadzai Noorzai Popal Rahimi Sadat Stanekzai Yusufi"),
    ),
    Origin(
        "Iran",
        5,
        _names("Azadeh Mahsa Nasrin Parisa Shirin"),
        _names("Arash Behzad Kamran Navid Siavash"),
        _names("Ebrahimi Farahani Karimi Moradi Rostami Tehrani"),
    ),
    Origin(
        "Irak",
        5,
        _names("Avin Shilan Zainab Tara"),
        _names("Azad Dilshad Haider Rebin"),
        _names("Al-Jabouri Al-Tamimi Barzan Mustafa Salih"),
    ),
    Origin(
        "Somalië",
        4,
        _names("Fartun Hodan Ifrah Sagal"),
        _names("Abshir Guled Liban Warsame"),
        _names("Abdi_Farah Ali_Nur Hassan_Omar Jama_Warsame Mohamud_Hirsi"),
    ),
)

FAMILY_MIGRANTS: tuple[Origin, ...] = (
    Origin(
        "Marokko",
        16,
        _names("Asmae Btissam Chaimae Fadoua Hajar Ikram Loubna Siham"),
        _names("Anouar Badr Hicham Ilias Othmane Soufian"),
        _names("Amrani Bennani Chaoui El_Idrissi Lahlou Ouazzani Tazi Zeroual"),
    ),
    Origin(
        "Turkije",
        14,
        _names("Burcu Ebru Gamze Hande Özge Sibel"),
        _names("Alper Burak Oğuz Tolga Ufuk"),
        _names("Arslan Bulut Doğan Karaca Özdemir Polat Taş"),
    ),
    Origin(
        "India",
        9,
        _names("Anjali Deepa Kavya Meera Priya"),
        _names("Arjun Kiran Nikhil Rohan"),
        _names("Iyer Joshi Menon Patil Reddy Sharma"),
    ),
    Origin(
        "Thailand",
        7,
        _names("Kanya Malee Nittaya Pimchanok Suda"),
        _names("Anan Somchai"),
        _names("Boonmee Chaiyasit Srisai Thongdee Wongsa"),
    ),
    Origin(
        "Brazilië",
        8,
        _names("Camila Juliana Larissa Renata Thaís"),
        _names("Caio Felipe Thiago"),
        _names("Almeida Barros da_Costa Ferreira Nogueira Ribeiro"),
    ),
    Origin(
        "Filipijnen",
        7,
        _names("Jocelyn Maricel Rowena Teresita"),
        _names("Jomar Rodel"),
        _names("Bautista Dela_Cruz Mendoza Santiago Villanueva"),
    ),
    Origin(
        "Rusland",
        6,
        _names("Darja Jekaterina Ksenia Olga Svetlana"),
        _names("Aleksej Dmitri"),
        _names("Kozlov Morozov Orlov Sokolov"),
        _names("Kozlova Morozova Orlova Sokolova"),
    ),
    Origin(
        "Egypte",
        6,
        _names("Aya Heba Nermine Sherine"),
        _names("Karim Mostafa Sherif"),
        _names("Abdelaziz Fahmy Mahrous Shaker Youssef"),
    ),
    Origin(
        "Indonesië",
        6,
        _names("Ayu Dewi Lestari Sri"),
        _names("Agus Bayu Wahyu"),
        _names("Hidayat Kusuma Pratama Santoso Wibowo"),
    ),
    Origin(
        "Colombia",
        5,
        _names("Catalina Paola Yuliana"),
        _names("Andrés Julián"),
        _names("Cárdenas Gómez_Ruiz Ospina Restrepo"),
    ),
    Origin(
        "Ghana",
        5,
        _names("Abena Akosua Efua"),
        _names("Kofi Kwabena Yaw"),
        _names("Agyeman Boateng Mensah Owusu"),
    ),
    Origin(
        "China",
        5,
        _names("Lihua Meiling Xiaoyan"),
        _names("Jianwei Zhiqiang"),
        _names("Chen Huang Liu Zhao"),
    ),
    Origin(
        "Suriname",
        6,
        _names("Anushka Mavis Sherida"),
        _names("Dewan Orlando Ravi"),
        _names("Bhagwandin Jankipersad Kartosen Ramdin Wongsodikromo"),
    ),
)
